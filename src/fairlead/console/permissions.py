"""Permissions of console; generated from module.yaml by `make generate`."""

MODULE_READ = "console.module.read"
SETTINGS_READ = "console.settings.read"
