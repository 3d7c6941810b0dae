"""The desk: admits queued operations, starts them, and records their ends.

One clerk writes: whatever happened since it last looked (ends, free slots) becomes one
unit of work, so a burst pays for one commit. Nothing polls.
"""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import structlog
from typing_extensions import override

from fairlead.adapters.wiring.part import Drained, Opened
from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import (
    Engine,
    JournalUnavailable,
    Retried,
    WorkflowState,
    WorkflowStatus,
)
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.services.operations.domain.floor import Floor, Limits, Ticket
from fairlead.services.operations.domain.record import CANCELLED, Ending, Record
from fairlead.services.operations.endings import End, ending_of, event_of, failed
from fairlead.services.operations.feeds import JournalFeeds
from fairlead.services.operations.ports import Books, Desk, Sheet, Standing, Unended

PAGE = 1_000
RETRY_SECONDS = 1.0
CANCEL_SECONDS = 5.0
CLOSE_SECONDS = 5.0
LOOK_SECONDS, LONG = 1.0, 1_000
ENDING = "waiting: the server is ending; it starts with the next one"


class EngineDesk(Desk, Opened, Drained):
    """The desk of one process, before its durable engine."""

    def __init__(
        self,
        engine: Engine,
        books: Books,
        feeds: JournalFeeds,
        clock: Clock,
        limits: Limits,
        *,
        grace_seconds: float = 0.0,
    ) -> None:
        """Hear of the engine's ends from now on; admit nothing before `open`."""
        self._engine = engine
        self._books = books
        self._feeds = feeds
        self._clock = clock
        self._floor = Floor(limits)
        self._log = structlog.get_logger("fairlead.operations")
        self._ends: list[End] = []
        self._running: dict[UUID, Record] = {}
        self._cancelling: set[UUID] = set()
        self._waiters: dict[UUID, set[asyncio.Event]] = {}
        self._errands: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._clerk: asyncio.Task[None] | None = None
        self._queue: tuple[Ticket, ...] = ()  # by turn, with their places
        self._queue_places: dict[UUID, int] = {}
        self._queue_at: datetime | None = None
        self._queue_changes = -1
        self._grace_seconds = grace_seconds
        self._draining = False
        self._closing = False
        engine.watch(self._told)

    @override
    async def open(self) -> None:
        """Take up what had not ended, and mend what a crash left half done."""
        unended = await self._unended()
        for each in sorted(unended, key=lambda each: each.ticket.created_at):
            if each.running:
                self._floor.occupy(each.ticket)
            elif each.cancel_requested:
                self._end(each.ticket.id, None)
            else:
                self._floor.add(each.ticket)
        for each in unended:
            if each.running:
                await self._resume(each)
        self._clerk = asyncio.create_task(self._work(), name="operations-desk")
        self._wake.set()

    @override
    def awaited(self) -> str:
        """Count the steps that run and do not only wait for other operations."""
        steps = self._engine.busy() - self._patient()
        if steps <= 0 or not self._grace_seconds:
            return ""
        return (
            f"{steps} running step{'s' if steps > 1 else ''} may end within "
            f"{self._grace_seconds:g} s (operations.grace_seconds)"
        )

    @override
    async def drain(self) -> None:
        """Admit nothing more, and let running steps end for the span of the settings.

        What is left goes on at the next start, from what is recorded.
        """
        self._draining = True
        await self._engine.drain(self._grace_seconds, patient=self._patient)

    @override
    async def close(self) -> None:
        """Record the ends known by now, admit nothing more, and stop."""
        self._closing = self._draining = True
        self._wake.set()
        if self._clerk is not None:
            await _finish({self._clerk})
        while self._errands:  # the clerk's last turn sent some out
            await _finish(set(self._errands))

    @override
    def take(self, ticket: Ticket) -> None:
        self._floor.add(ticket)
        self._wake.set()

    @override
    def cancel(self, operation_ids: Sequence[UUID]) -> Awaitable[None]:
        waits: set[asyncio.Future[None]] = set()
        for operation_id in operation_ids:
            if self._floor.withdraw(operation_id):
                waits.add(self._end(operation_id, None).done)
            elif self._floor.runs(operation_id):
                self._cancelling.add(operation_id)
                waits.add(self._errand(self._engine.cancel(str(operation_id))))
        return self._errand(_all(waits))

    @override
    def reason(self, operation_id: UUID) -> str:
        reason = self._floor.reason(operation_id)
        return ENDING if reason and self._draining else reason

    @override
    def standing(self, operation_id: UUID) -> Standing:
        return Standing(
            position=self._places().get(operation_id),
            queued=self._floor.waiting,
            obstacle=self._floor.obstacle(operation_id),
            ending=self._draining,
        )

    @override
    async def retried(self, operation_id: UUID) -> Sequence[Retried]:
        if not self._floor.runs(operation_id):
            return ()
        try:
            return await self._engine.retried(str(operation_id))
        except JournalUnavailable:
            return ()

    @override
    def queue(self) -> Sequence[Ticket]:
        self._places()
        return self._queue

    def _places(self) -> Mapping[UUID, int]:
        """Return the places by turn; of a long queue as they were a second ago."""
        now, changes = self._clock.now(), self._floor.changes
        age = (now - self._queue_at).total_seconds() if self._queue_at else LOOK_SECONDS
        fresh = changes == self._queue_changes or len(self._queue) > LONG
        if not fresh or not 0 <= age < LOOK_SECONDS:
            self._queue = tuple(self._floor.in_turn(at=now))
            self._queue_places = {
                ticket.id: place for place, ticket in enumerate(self._queue, 1)
            }
            self._queue_at, self._queue_changes = now, changes
        return self._queue_places

    @override
    @contextmanager
    def ended(self, operation_id: UUID) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        self._waiters.setdefault(operation_id, set()).add(event)
        try:
            yield event
        finally:
            waiters = self._waiters.get(operation_id)
            if waiters is not None:
                waiters.discard(event)
                if not waiters:
                    del self._waiters[operation_id]

    async def _told(self, status: WorkflowStatus) -> None:
        """Hear of a workflow's end; return once it is recorded and its feed sealed.

        After the desk was closed it does not return: the engine, which is closed next,
        tells the end again when it opens.
        """
        try:
            operation_id = UUID(status.id)
        except ValueError:
            return  # not one of ours
        await self._end(operation_id, ending_of(status), told=True).done

    def _patient(self) -> int:
        return sum(map(len, self._waiters.values()))

    def _end(
        self, operation_id: UUID, ending: Ending | None, *, told: bool = False
    ) -> End:
        end = End(id=operation_id, ending=ending, told=told)
        self._ends.append(end)
        self._wake.set()
        return end

    async def _unended(self) -> list[Unended]:
        found: list[Unended] = []
        async with self._books.read() as docket:
            while True:
                after = found[-1].ticket.id if found else None
                page = await docket.unended(after=after, limit=PAGE)
                found.extend(page)
                if len(page) < PAGE:
                    return found

    async def _resume(self, each: Unended) -> None:
        """Bring the engine to what the table says of a running operation."""
        operation_id = each.ticket.id
        status = await self._engine.status(str(operation_id))
        if status is not None and status.state is not WorkflowState.RUNNING:
            self._end(operation_id, ending_of(status), told=True)
        elif status is not None:
            if each.cancel_requested:
                self._cancelling.add(operation_id)
                await self._engine.cancel(str(operation_id))
        elif each.cancel_requested:
            self._end(operation_id, CANCELLED)
        else:
            async with self._books.read() as docket:
                record = await docket.find(operation_id)
            if record is not None:
                self._errand(self._launch(record))

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._closing and not self._ends:
                return
            try:
                await self._turn()
            except Exception:  # noqa: BLE001 - an edge: logged, then tried again
                self._log.exception("desk_failed")
                if self._closing:
                    return
                self._errand(self._later())

    async def _later(self) -> None:
        await asyncio.sleep(RETRY_SECONDS)
        self._wake.set()

    async def _turn(self) -> None:
        """Record all ends and admit all who may start, in one unit of work."""
        ends, self._ends = self._ends, []
        for end in ends:
            self._floor.leave(end.id)
            self._cancelling.discard(end.id)
        tickets = self._admit()
        try:
            await self._close_feeds(ends)
            async with self._books.write() as sheet:
                ended = await self._record_ends(sheet, ends)
                started = await self._record_starts(sheet, tickets)
        except BaseException:
            self._ends[:0] = ends
            for ticket in reversed(tickets):
                self._floor.put_back(ticket)
            raise
        for end in ends:
            self._running.pop(end.id, None)
        for record in started:
            self._running[record.id] = record
            self._errand(self._launch(record))
        for missed in {each.id for each in tickets} - {each.id for each in started}:
            self._end(missed, None)
        if ends:
            self._tell_waiters(ends)
            self._errand(self._settle(ends, ended))

    def _tell_waiters(self, ends: Sequence[End]) -> None:
        for end in ends:
            for event in self._waiters.get(end.id, ()):
                event.set()

    def _admit(self) -> list[Ticket]:
        tickets: list[Ticket] = []
        now = self._clock.now()
        while not self._draining and (ticket := self._floor.admit(at=now)):
            tickets.append(ticket)
        return tickets

    async def _record_starts(
        self, sheet: Sheet, tickets: Sequence[Ticket]
    ) -> list[Record]:
        if not tickets:
            return []
        ids = [ticket.id for ticket in tickets]
        return await sheet.docket.start(ids, at=self._clock.now())

    async def _record_ends(
        self, sheet: Sheet, ends: Sequence[End]
    ) -> dict[UUID, Record]:
        if not ends:
            return {}
        now = self._clock.now()
        ended = await sheet.docket.end(
            {end.id: end.ending for end in ends}, at=now, running=self._running
        )
        await sheet.outbox.add_all([event_of(record, now) for record in ended])
        return {record.id: record for record in ended}

    async def _close_feeds(self, ends: Sequence[End]) -> None:
        """Close the feeds of those that the engine will not tell again."""
        for end in ends:
            if end.told:
                continue
            async with self._books.read() as docket:
                record = await docket.find(end.id)
            if record is None or record.operation.state.final:
                continue
            last = record.end(end.ending or CANCELLED, at=self._clock.now())
            await self._feeds.finish(last, again=True)

    async def _settle(self, ends: Sequence[End], ended: Mapping[UUID, Record]) -> None:
        """Close the feeds of what the engine told, then let it forget."""
        for end in ends:
            try:
                if end.told:
                    await self._seal(end, ended.get(end.id))
            except Exception as error:  # noqa: BLE001 - an edge; the engine hears it
                self._log.exception("feed_not_sealed", operation=str(end.id))
                if not end.done.done():
                    end.done.set_exception(error)
            if not end.done.done():
                end.done.set_result(None)

    async def _seal(self, end: End, record: Record | None) -> None:
        again = record is None
        if record is None:
            async with self._books.read() as docket:
                record = await docket.find(end.id)
        if record is not None and record.operation.state.final:
            await self._feeds.finish(record, again=again)

    async def _launch(self, record: Record) -> None:
        """Start the workflow of an operation that is recorded as running."""
        workflow, argument = record.operation.kind, record.to_workflow().to_json()
        while not self._closing:
            try:
                await self._engine.start(workflow, argument, id=str(record.id))
            except FairleadError as error:
                if error.kind is not ErrorKind.UNAVAILABLE:
                    self._end(record.id, failed(error.code, error.message))
                    return
                self._log.warning("start_failed", operation=str(record.id))
            except Exception:  # noqa: BLE001 - an edge: logged, then tried again
                self._log.exception("start_failed", operation=str(record.id))
            else:
                if record.id in self._cancelling:
                    await self._engine.cancel(str(record.id))
                return
            await asyncio.sleep(RETRY_SECONDS)

    def _errand(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        return task


async def _finish(tasks: set[asyncio.Task[None]]) -> None:
    _, late = await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late)


async def _all(waits: set[asyncio.Future[None]]) -> None:
    if waits:
        await asyncio.wait(waits, timeout=CANCEL_SECONDS)
