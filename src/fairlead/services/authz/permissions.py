"""Permissions of authz; generated from module.yaml by `make generate`."""

ROLE_READ = "authz.role.read"
BINDING_READ = "authz.binding.read"
BINDING_CREATE = "authz.binding.create"
BINDING_DELETE = "authz.binding.delete"
