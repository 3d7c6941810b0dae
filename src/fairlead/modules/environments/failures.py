"""What the weekly digest tells of workloads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from typing_extensions import override

from fairlead.kernel.digests import DigestSource
from fairlead.kernel.paging import MAX_LIMIT, PageRequest
from fairlead.kernel.principal import TenantId, service
from fairlead.modules.environments.public import Workload, Workloads, WorkloadState

TROUBLED = frozenset({WorkloadState.FAILED, WorkloadState.DOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedWorkloads(DigestSource):
    """Tells which workloads do not serve, and why."""

    title: ClassVar[str] = "Failed workloads"
    workloads: Workloads
    tenant: TenantId

    @override
    async def lines(self, *, since: datetime, until: datetime) -> Sequence[str]:
        who, found = service("environments", self.tenant), list[str]()
        page = await self.workloads.list(who, PageRequest(limit=MAX_LIMIT))
        while True:
            found += [_line(each) for each in page.items if each.state in TROUBLED]
            if page.next is None:
                return found
            after = PageRequest(limit=MAX_LIMIT, after=page.next)
            page = await self.workloads.list(who, after)


def _line(workload: Workload) -> str:
    reason = f", {workload.reason}" if workload.reason else ""
    return f"{workload.title}: {workload.state}{reason}"
