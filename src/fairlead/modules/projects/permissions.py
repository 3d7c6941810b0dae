"""Permissions of projects; generated from module.yaml by `make generate`."""

PROJECT_CREATE = "projects.project.create"
PROJECT_READ = "projects.project.read"
PROJECT_UPDATE = "projects.project.update"
PROJECT_DELETE = "projects.project.delete"
