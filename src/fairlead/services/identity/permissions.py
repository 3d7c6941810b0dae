"""Permissions of identity; generated from module.yaml by `make generate`."""

USER_READ = "identity.user.read"
USER_CREATE = "identity.user.create"
USER_UPDATE = "identity.user.update"
USER_DELETE = "identity.user.delete"
