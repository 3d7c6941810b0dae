"""The public contract of runs, kept by the use cases of this process."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from typing_extensions import override

from fairlead.kernel.idempotency import RequestKey
from fairlead.kernel.journal import Frame
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.modules.pipelines.public import NORMAL, Run, Runs
from fairlead.modules.pipelines.use_cases.end import CancelRun
from fairlead.modules.pipelines.use_cases.show import GetRun, ListRuns, ReadLogs
from fairlead.modules.pipelines.use_cases.start import StartRun, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRuns(Runs):
    """Hands each call to its use case."""

    start_run: StartRun
    get_run: GetRun
    list_runs: ListRuns
    cancel_run: CancelRun
    read_logs: ReadLogs

    @override
    async def start(
        self,
        who: Principal,
        project: str,
        *,
        revision: str = "",
        priority: int = NORMAL,
        request: RequestKey | None = None,
    ) -> Run:
        wanted = Wanted(revision=revision, priority=priority)
        return await self.start_run(who, project, wanted, request=request)

    @override
    async def get(self, who: Principal, run: str) -> Run:
        return await self.get_run(who, run)

    @override
    async def list(
        self, who: Principal, page: PageRequest, *, project: str | None = None
    ) -> Page[Run]:
        return await self.list_runs(who, page, project=project)

    @override
    async def cancel(self, who: Principal, run: str) -> Run:
        return await self.cancel_run(who, run)

    @override
    async def logs(
        self, who: Principal, run: str, *, after: int = 0, follow: bool = True
    ) -> AsyncIterator[Frame]:
        return await self.read_logs(who, run, after=after, follow=follow)
