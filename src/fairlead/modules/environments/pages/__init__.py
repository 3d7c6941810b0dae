"""Environments and workloads in the console."""

from pathlib import Path

from fairlead.adapters.pages.part import ConsolePart, Entry
from fairlead.modules.environments.pages.controller import SECTION, WorkloadPages
from fairlead.modules.environments.pages.panels import (
    EnvironmentScopes,
    WhatRunsWhere,
    WorkloadFinder,
    WorkloadsOfProject,
)
from fairlead.modules.environments.permissions import WORKLOAD_READ

CONSOLE = ConsolePart(
    controllers=(WorkloadPages,),
    templates=Path(__file__).parent.with_name("templates"),
    entries=(
        Entry(label="Environments", path=SECTION, order=30, permission=WORKLOAD_READ),
    ),
    overview=(WhatRunsWhere,),
    finders=(WorkloadFinder,),
    panels={"project": WorkloadsOfProject, "access.scopes": EnvironmentScopes},
)
