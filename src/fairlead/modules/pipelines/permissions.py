"""Permissions of pipelines; generated from module.yaml by `make generate`."""

RUN_START = "pipelines.run.start"
RUN_PRIORITISE = "pipelines.run.prioritise"
RUN_READ = "pipelines.run.read"
RUN_CANCEL = "pipelines.run.cancel"
ARTIFACT_READ = "pipelines.artifact.read"
