"""Runs of a pipeline at set times."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.engine import Json
from fairlead.kernel.principal import Principal
from fairlead.kernel.schedules import Planned, Schedulable
from fairlead.modules.pipelines.domain.records import RUN
from fairlead.modules.pipelines.public import NORMAL
from fairlead.modules.pipelines.use_cases.start import (
    StartRun,
    Wanted,
)
from fairlead.services.authz.public import project_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledRuns(Schedulable):
    """What `pipelines.run` is to a schedule: `{"project", "revision", "priority"}`."""

    kind: ClassVar[str] = RUN

    start_run: StartRun

    @override
    async def prepare(self, who: Principal, argument: Json) -> Planned:
        wanted = _wanted(argument)
        name = str(argument.get("project", ""))
        project = await self.start_run.admit(who, name, wanted)
        return Planned(
            subject=project.name,
            scope=project_scope(project.id),
            project_id=project.id,
            argument={
                "project": str(project.id),
                "revision": wanted.revision,
                "priority": wanted.priority,
            },
        )

    @override
    async def start(
        self,
        who: Principal,
        argument: Json,
        *,
        id: UUID,
    ) -> None:
        await self.start_run(who, argument["project"], _wanted(argument), run_id=id)


def _wanted(argument: Json) -> Wanted:
    """Read it; schedules made long ago name no priority."""
    priority = argument.get("priority", NORMAL)
    whole = isinstance(priority, int) and not isinstance(priority, bool)
    return Wanted(
        revision=str(argument.get("revision", "")),
        priority=priority if whole else -1,
    )
