"""Runs, steps, executions and artifacts in a relational database."""

from fairlead.modules.pipelines.sql.artifacts import SqlArtifactStore
from fairlead.modules.pipelines.sql.runs import SqlRunStore
from fairlead.modules.pipelines.sql.steps import SqlStepStore

__all__ = ["SqlArtifactStore", "SqlRunStore", "SqlStepStore"]
