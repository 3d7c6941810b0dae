"""Environments, workloads and releases in a relational database."""

from fairlead.modules.environments.sql.places import (
    SqlEnvironmentStore,
    SqlFleet,
    SqlWorkloadStore,
)
from fairlead.modules.environments.sql.releases import SqlReleaseStore

__all__ = ["SqlEnvironmentStore", "SqlFleet", "SqlReleaseStore", "SqlWorkloadStore"]
