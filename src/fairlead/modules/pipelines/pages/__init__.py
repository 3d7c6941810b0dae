"""Pipeline runs in the console."""

from fairlead.modules.pipelines.pages.controller import RunPages
from fairlead.modules.pipelines.pages.panels import (
    LatestRuns,
    LatestState,
    RunButton,
    RunFinder,
    RunsOfProject,
)

__all__ = [
    "LatestRuns",
    "LatestState",
    "RunButton",
    "RunFinder",
    "RunPages",
    "RunsOfProject",
]
