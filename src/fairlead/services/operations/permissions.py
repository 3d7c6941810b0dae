"""Permissions of operations; generated from module.yaml by `make generate`."""

OPERATION_READ = "operations.operation.read"
OPERATION_CANCEL = "operations.operation.cancel"
