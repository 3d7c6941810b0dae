"""Permissions of operations; generated from module.yaml by `make generate`."""

OPERATION_READ = "operations.operation.read"
OPERATION_CANCEL = "operations.operation.cancel"
SCHEDULE_READ = "operations.schedule.read"
SCHEDULE_CREATE = "operations.schedule.create"
SCHEDULE_UPDATE = "operations.schedule.update"
SCHEDULE_DELETE = "operations.schedule.delete"
