"""Who is admitted next: slots, limits, priorities that age, projects in turn."""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from uuid import UUID

from fairlead.kernel.principal import TenantId

LEVELS = 10
AGEING_SECONDS = 60.0
REMEMBERED = 10_000  # projects whose last turn is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many operations run at once: in all, of one project, of one kind."""

    total: int = 16
    per_project: int = 5
    per_kind: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What admission knows of an operation.

    Attributes:
        lent: A part of a running operation, so it is admitted at once and counts
            against no limit: its parent already holds a slot.
    """

    id: UUID
    tenant_id: TenantId
    kind: str
    project_id: UUID | None
    priority: int
    created_at: datetime
    lent: bool = False
    subject: str = ""
    scope: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """The limit that keeps an operation waiting.

    Attributes:
        name: `project`, `kind` or `total`.
        reached_by: The operations that hold its slots, longest first.
    """

    name: str
    limit: int
    reached_by: tuple[Ticket, ...]


Lane = deque[Ticket]


class _Turns:
    """Remembers who was served when, so that projects take turns."""

    def __init__(self) -> None:
        self._served: OrderedDict[UUID | None, int] = OrderedDict()
        self._count = 0

    def of(self, project_id: UUID | None) -> int:
        """Return when a project was served last; 0: never, or very long ago."""
        return self._served.get(project_id, 0)

    def copy(self) -> "_Turns":
        """Return turns that go on from here on their own."""
        copied = _Turns()
        copied._served = self._served.copy()
        copied._count = self._count
        return copied

    def serve(self, project_id: UUID | None) -> None:
        self._count += 1
        self._served[project_id] = self._count
        self._served.move_to_end(project_id)
        if len(self._served) > REMEMBERED:
            self._served.popitem(last=False)


class _Level:
    """The queue of one priority: projects take turns, each first come first served."""

    def __init__(self, turns: _Turns) -> None:
        self._turns = turns
        self._lanes: dict[UUID | None, dict[str, Lane]] = {}
        self._next: list[tuple[int, int, UUID | None]] = []  # a heap of projects
        self._joined = 0
        self._arrivals: Lane = deque()

    def add(self, ticket: Ticket, *, front: bool) -> None:
        project_id = ticket.project_id
        if project_id not in self._lanes:
            self._lanes[project_id] = {}
            self._join(project_id)
        lane = self._lanes[project_id].setdefault(ticket.kind, deque())
        if front:
            lane.appendleft(ticket)
            self._arrivals.appendleft(ticket)
        else:
            lane.append(ticket)
            self._arrivals.append(ticket)

    def oldest(self, waits: Callable[[Ticket], bool]) -> Ticket | None:
        return _head(self._arrivals, waits)

    def take(
        self, waits: Callable[[Ticket], bool], fits: Callable[[Ticket], bool]
    ) -> Ticket | None:
        """Return the first that fits, of the project that was served longest ago."""
        found: Ticket | None = None
        passed: list[tuple[int, int, UUID | None]] = []
        while self._next and found is None:
            entry = heappop(self._next)
            served, _, project_id = entry
            if served != self._turns.of(project_id):
                self._join(project_id)
                continue
            found = _first(self._lanes[project_id], waits, fits)
            if not self._lanes[project_id]:
                del self._lanes[project_id]
            elif found is None:
                passed.append(entry)
        for entry in passed:
            heappush(self._next, entry)
        if found is not None:
            self._turns.serve(found.project_id)
            self._join(found.project_id)
        return found

    def _join(self, project_id: UUID | None) -> None:
        self._joined += 1
        heappush(self._next, (self._turns.of(project_id), self._joined, project_id))


def _head(lane: Lane, waits: Callable[[Ticket], bool]) -> Ticket | None:
    while lane and not waits(lane[0]):
        lane.popleft()
    return lane[0] if lane else None


def _first(
    lanes: dict[str, Lane],
    waits: Callable[[Ticket], bool],
    fits: Callable[[Ticket], bool],
) -> Ticket | None:
    heads = []
    for kind in list(lanes):
        head = _head(lanes[kind], waits)
        if head is None:
            del lanes[kind]
        elif fits(head):
            heads.append(head)
    if not heads:
        return None
    return min(heads, key=lambda ticket: ticket.created_at)


class Floor:
    """Keeps who waits and who runs, in memory; every call is cheap.

    A priority is worth one more for each `AGEING_SECONDS` that the oldest of its
    operations has waited, so nothing starves. Among equals projects take turns.
    """

    def __init__(self, limits: Limits) -> None:
        """Begin empty."""
        self._limits = limits
        self._turns = _Turns()
        self._levels = tuple(_Level(self._turns) for _ in range(LEVELS))
        self._lent: Lane = deque()
        self._waiting: dict[UUID, Ticket] = {}
        self._running: dict[UUID, Ticket] = {}
        self._slots = 0
        self._changes = 0
        self._by_project: Counter[UUID] = Counter()
        self._by_kind: Counter[str] = Counter()

    def add(self, ticket: Ticket) -> None:
        """Queue an operation; one that waits or runs already stays where it is."""
        if ticket.id not in self._waiting and ticket.id not in self._running:
            self._queue(ticket, front=False)

    def put_back(self, ticket: Ticket) -> None:
        """Queue one that was admitted but could not start, the first of its project."""
        self.leave(ticket.id)
        self._queue(ticket, front=True)

    def occupy(self, ticket: Ticket) -> None:
        """Count one that runs already, whatever the limits say."""
        if ticket.id in self._running:
            return
        self._running[ticket.id] = ticket
        self._changes += 1
        self._count(ticket, 1)

    def admit(self, *, at: datetime) -> Ticket | None:
        """Return who runs next and count it as running; None: nobody may now."""
        ticket = self._next(at)
        if ticket is not None:
            del self._waiting[ticket.id]
            self.occupy(ticket)
        return ticket

    def withdraw(self, operation_id: UUID) -> Ticket | None:
        """Take one out of the queue and return it; None: it does not wait."""
        self._changes += 1
        return self._waiting.pop(operation_id, None)

    def leave(self, operation_id: UUID) -> None:
        """Free the slot, or the place in the queue, of one; an unknown one is fine."""
        self._changes += 1
        self._waiting.pop(operation_id, None)
        ticket = self._running.pop(operation_id, None)
        if ticket is not None:
            self._count(ticket, -1)

    def runs(self, operation_id: UUID) -> bool:
        """Tell whether it was admitted and has not left."""
        return operation_id in self._running

    def reason(self, operation_id: UUID) -> str:
        """Return why it waits, one sentence; empty when it does not."""
        ticket = self._waiting.get(operation_id)
        if ticket is None:
            return ""
        kinds, limits = self._limits.per_kind, self._limits
        if self._project_full(ticket):
            return f"waiting: project limit {limits.per_project} reached"
        if self._kind_full(ticket):
            return f"waiting: limit {kinds[ticket.kind]} of {ticket.kind} reached"
        if self._slots >= limits.total:
            return (
                f"waiting: limit {limits.total} reached, {len(self._waiting)} in queue"
            )
        return "about to start"

    def obstacle(self, operation_id: UUID) -> Obstacle | None:
        """Return the limit it waits for; None: it does not wait for one."""
        ticket, limits = self._waiting.get(operation_id), self._limits
        if ticket is None or ticket.lent:
            return None
        if self._project_full(ticket):
            project_id = ticket.project_id
            return self._obstacle(
                "project",
                limits.per_project,
                lambda other: other.project_id == project_id,
            )
        if self._kind_full(ticket):
            kind = ticket.kind
            return self._obstacle(
                "kind", limits.per_kind[kind], lambda other: other.kind == kind
            )
        if self._slots >= limits.total:
            return self._obstacle("total", limits.total, lambda _: True)
        return None

    def position(self, operation_id: UUID, *, at: datetime) -> int | None:
        """Return its place in the queue, from 1, as turns stand; None: it waits not.

        Counts as if every limit had room for all; takes as long as the queue.
        """
        if operation_id not in self._waiting:
            return None
        for place, ticket in enumerate(self.in_turn(at=at), 1):
            if ticket.id == operation_id:
                return place
        return None

    def in_turn(self, *, at: datetime) -> Iterator[Ticket]:
        """Yield who waits as turns stand, as if every limit had room for all."""
        everybody = len(self._waiting)
        rehearsal = Floor(Limits(total=everybody, per_project=everybody))
        rehearsal._take_turns(self._turns)
        for ticket in self._waiting.values():
            rehearsal.add(ticket)
        while following := rehearsal.admit(at=at):
            yield following

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    @property
    def changes(self) -> int:
        """Return how often it changed: a like number, a like queue."""
        return self._changes

    @property
    def running(self) -> int:
        """Return how many run, those that borrow their parent's slot included."""
        return len(self._running)

    def _take_turns(self, turns: _Turns) -> None:
        self._turns = turns.copy()
        self._levels = tuple(_Level(self._turns) for _ in range(LEVELS))

    def _obstacle(
        self, name: str, limit: int, counts: Callable[[Ticket], bool]
    ) -> Obstacle:
        holders = (
            ticket
            for ticket in self._running.values()
            if not ticket.lent and counts(ticket)
        )
        return Obstacle(name=name, limit=limit, reached_by=tuple(holders))

    def _queue(self, ticket: Ticket, *, front: bool) -> None:
        self._waiting[ticket.id] = ticket
        self._changes += 1
        if ticket.lent:
            self._lent.append(ticket)
        else:
            self._levels[ticket.priority].add(ticket, front=front)

    def _next(self, at: datetime) -> Ticket | None:
        lent = _head(self._lent, self._waits)
        if lent is not None:
            return lent
        if self._slots >= self._limits.total or not self._waiting:
            return None
        ranked: list[tuple[int, int]] = []
        for priority, level in enumerate(self._levels):
            oldest = level.oldest(self._waits)
            if oldest is not None:
                waited = (at - oldest.created_at).total_seconds()
                ranked.append((priority + int(waited // AGEING_SECONDS), priority))
        for _, priority in sorted(ranked, reverse=True):
            ticket = self._levels[priority].take(self._waits, self._fits)
            if ticket is not None:
                return ticket
        return None

    def _waits(self, ticket: Ticket) -> bool:
        return ticket.id in self._waiting

    def _fits(self, ticket: Ticket) -> bool:
        return not self._project_full(ticket) and not self._kind_full(ticket)

    def _project_full(self, ticket: Ticket) -> bool:
        project_id = ticket.project_id
        if project_id is None:
            return False
        return self._by_project[project_id] >= self._limits.per_project

    def _kind_full(self, ticket: Ticket) -> bool:
        limit = self._limits.per_kind.get(ticket.kind)
        return limit is not None and self._by_kind[ticket.kind] >= limit

    def _count(self, ticket: Ticket, by: int) -> None:
        if ticket.lent:
            return
        self._slots += by
        self._by_kind[ticket.kind] += by
        if ticket.project_id is not None:
            self._by_project[ticket.project_id] += by
            if not self._by_project[ticket.project_id]:
                del self._by_project[ticket.project_id]
