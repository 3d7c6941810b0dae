"""Pipeline runs in the console."""

from pathlib import Path

from fairlead.adapters.pages.part import ConsolePart, Entry
from fairlead.modules.pipelines.pages.controller import SECTION, RunPages
from fairlead.modules.pipelines.pages.panels import (
    LatestRuns,
    LatestState,
    Origin,
    RunButton,
    RunFinder,
    RunsOfProject,
)
from fairlead.modules.pipelines.permissions import RUN_READ

CONSOLE = ConsolePart(
    controllers=(RunPages,),
    templates=Path(__file__).parent.with_name("templates"),
    entries=(Entry(label="Runs", path=SECTION, order=20, permission=RUN_READ),),
    overview=(LatestRuns,),
    finders=(RunFinder,),
    panels={
        "project": RunsOfProject,
        "project.actions": RunButton,
        "project.summary": LatestState,
        "run": Origin,
    },
)
