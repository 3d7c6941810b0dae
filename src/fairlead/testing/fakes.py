"""Stand-ins for the platform's ports; each is named after how it behaves."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.events import Event, Outbox
from fairlead.kernel.principal import Principal
from fairlead.kernel.reach import Reach
from fairlead.kernel.work import Together, UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail
from fairlead.services.authz.public import ROOT, Authorizer, NotAllowed


class FrozenClock(Clock):
    """Stands still until told to advance."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        """Start at `now`."""
        self._now = now

    @override
    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self._now += by


class NullWork(UnitOfWork):
    """Commits nothing; counts how often it was left well and badly."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.commits = 0
        self.rollbacks = 0

    @override
    async def __aenter__(self) -> Self:
        return self

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.commits += 1
        else:
            self.rollbacks += 1


class Meanwhile(NullWork):
    """Somebody else's unit of work comes first, once."""

    def __init__(self, other: Callable[[], Awaitable[None]]) -> None:
        """Await `other` before this one begins."""
        super().__init__()
        self._others = [other]

    @override
    async def __aenter__(self) -> Self:
        while self._others:
            await self._others.pop()()
        return await super().__aenter__()


class NullTogether(Together):
    """Commits nothing; notes whether each was to be kept."""

    def __init__(self) -> None:
        """Start with nothing noted."""
        self.kept: list[bool] = []

    @override
    @asynccontextmanager
    async def __call__(self, *, keep: bool = True) -> AsyncIterator[None]:
        yield
        self.kept.append(keep)


class RecordingOutbox(Outbox):
    """Keeps the events it was given."""

    def __init__(self) -> None:
        """Start empty."""
        self.events: list[Event] = []

    @override
    async def add(self, event: Event) -> None:
        self.events.append(event)


class RecordingTrail(AuditTrail):
    """Keeps the acts it was given."""

    def __init__(self) -> None:
        """Start empty."""
        self.acts: list[tuple[Principal, Act]] = []

    @override
    async def record(self, who: Principal, act: Act) -> None:
        self.acts.append((who, act))


class GrantList(Authorizer):
    """Allows everybody the permissions it was made with, everywhere."""

    def __init__(self, *permissions: str) -> None:
        """Grant `permissions` and nothing else."""
        self._permissions = frozenset(permissions)

    @override
    async def require(
        self,
        who: Principal,
        permission: str,
        *,
        on: str = ROOT,
        target: str = "",
        sees: str | None = None,
        missing: FairleadError | None = None,
    ) -> None:
        if permission in self._permissions:
            return
        if missing is not None and sees not in self._permissions:
            raise missing
        raise NotAllowed("You may not do this.", permission=permission, scope=on)

    @override
    async def allows(self, who: Principal, permission: str, *, on: str = ROOT) -> bool:
        return permission in self._permissions

    @override
    async def reach(self, who: Principal, permission: str) -> Reach:
        return Reach(everywhere=permission in self._permissions)
