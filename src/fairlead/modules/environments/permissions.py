"""Permissions of environments; generated from module.yaml by `make generate`."""

ENVIRONMENT_READ = "environments.environment.read"
WORKLOAD_READ = "environments.workload.read"
WORKLOAD_DEPLOY = "environments.workload.deploy"
WORKLOAD_RESTART = "environments.workload.restart"
WORKLOAD_DELETE = "environments.workload.delete"
