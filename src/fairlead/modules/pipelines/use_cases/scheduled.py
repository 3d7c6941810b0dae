"""Runs of a pipeline at set times."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.engine import Json
from fairlead.kernel.principal import Principal
from fairlead.kernel.schedules import Planned, Schedulable
from fairlead.modules.pipelines.domain.records import RUN
from fairlead.modules.pipelines.use_cases.start import (
    StartRun,
    check_revision,
)
from fairlead.services.authz.public import project_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledRuns(Schedulable):
    """What `pipelines.run` means to a schedule: `{"project", "revision"}`."""

    kind: ClassVar[str] = RUN

    start_run: StartRun

    @override
    async def prepare(self, who: Principal, argument: Json) -> Planned:
        project = await self.start_run.admit(who, str(argument.get("project", "")))
        revision = str(argument.get("revision", ""))
        check_revision(revision)
        return Planned(
            subject=project.name,
            scope=project_scope(project.id),
            project_id=project.id,
            argument={"project": str(project.id), "revision": revision},
        )

    @override
    async def start(
        self,
        who: Principal,
        argument: Json,
        *,
        id: UUID,
    ) -> None:
        await self.start_run(
            who, argument["project"], revision=argument["revision"], run_id=id
        )
