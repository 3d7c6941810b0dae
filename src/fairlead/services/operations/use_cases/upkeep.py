"""What this service does by itself from time to time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import ClassVar

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.digests import DigestSource
from fairlead.kernel.paging import MAX_LIMIT, PageRequest
from fairlead.kernel.principal import TenantId, service
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail
from fairlead.services.identity.public import Users
from fairlead.services.operations.ports import Attic, OperationStore, Tally

AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneOperations:
    """Forget operations that ended long ago, and their output."""

    store: OperationStore
    attic: Attic
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock
    keep: timedelta
    tenant: TenantId

    async def __call__(self) -> int:
        """Remove all that ended before the span that is kept; return how many."""
        who = service("operations", self.tenant)
        before, removed = self.clock.now() - self.keep, 0
        while ids := await self.store.outlived(before, limit=AT_ONCE):
            for operation_id in ids:  # first: a row that is left leads back here
                await self.attic.discard(operation_id)
            async with self.work:
                await self.store.remove(ids)
                await self.trail.record(who, _pruned(len(ids), before))
            removed += len(ids)
        return removed


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedWork(DigestSource):
    """Tells the work of the week by kind, project and outcome."""

    title: ClassVar[str] = "Work by project and outcome"
    store: OperationStore

    @override
    async def lines(self, *, since: datetime, until: datetime) -> Sequence[str]:
        tallies = await self.store.tally(since=since, until=until)
        groups = groupby(tallies, key=lambda tally: (tally.kind, tally.group))
        return [_line(kind, group, tuple(each)) for (kind, group), each in groups]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUsers(DigestSource):
    """Tells who can log in since."""

    title: ClassVar[str] = "New users"
    users: Users
    tenant: TenantId

    @override
    async def lines(self, *, since: datetime, until: datetime) -> Sequence[str]:
        who, found = service("operations", self.tenant), list[str]()
        page = await self.users.list(who, PageRequest(limit=MAX_LIMIT))
        while True:
            found += [
                user.name for user in page.items if since <= user.created_at < until
            ]
            if page.next is None:
                return found
            after = PageRequest(limit=MAX_LIMIT, after=page.next)
            page = await self.users.list(who, after)


def _pruned(count: int, before: datetime) -> Act:
    details = {"operations": str(count), "ended_before": before.isoformat()}
    return Act(action="operations.operation.prune", details=details)


def _line(kind: str, group: str, tallies: Sequence[Tally]) -> str:
    counts = ", ".join(f"{tally.count} {tally.state}" for tally in tallies)
    return f"{kind} {group}: {counts}"
