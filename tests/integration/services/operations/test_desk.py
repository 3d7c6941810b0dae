"""The desk before an engine whose workflows end by hand."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from fairlead.kernel.engine import JournalUnavailable, WorkflowState, WorkflowUnknown
from fairlead.kernel.journal import FrameKind
from fairlead.services.operations.permissions import OPERATION_CANCEL
from fairlead.services.operations.public import (
    OperationNotFound,
    OperationState,
    WorkflowInput,
)
from fairlead.testing.held_engine import HeldEngine

RED, BLUE = UUID(int=900), UUID(int=901)
House = Any
Build = Callable[..., Any]


def key(number: int) -> str:
    return str(UUID(int=number))


def started(engine: HeldEngine) -> list[int]:
    return [UUID(each).int for each in engine.arguments]


async def events(house: House, number: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        return [
            json.loads(frame.data)
            async for frame in house.feeds.follow(UUID(int=number))
            if frame.kind is FrameKind.EVENT
        ]


async def ended_events(house: House) -> list[str]:
    rows = await house.database.connection().execute(
        text("SELECT aggregate FROM platform_outbox ORDER BY position")
    )
    return [row.aggregate for row in rows]


async def test_an_operation_walks_from_queued_to_succeeded(
    house: Build, until: Any
) -> None:
    """The workflow gets its input; the end is recorded, told and sealed."""
    engine = HeldEngine()
    async with house(engine) as open_house:
        assert (await open_house.submit(1)).state is OperationState.QUEUED
        await until(lambda: engine.arguments)
        running = await open_house.get(1)
        await engine.end(key(1), result={"urls": []})
        ended = await open_house.get(1)

        argument = WorkflowInput.from_json(engine.arguments[key(1)])
        assert argument.input == {"n": 1}
        assert running.state is OperationState.RUNNING
        assert running.started_at is not None
        assert (ended.state, ended.result) == (OperationState.SUCCEEDED, {"urls": []})
        assert await ended_events(open_house) == [f"operations/{UUID(int=1)}"]
        assert await events(open_house, 1) == [
            {
                "event": "operation.ended",
                "operation_id": key(1),
                "state": "succeeded",
                "error": None,
            }
        ]


async def test_a_failure_keeps_its_error(house: Build, until: Any) -> None:
    engine = HeldEngine()
    async with house(engine) as open_house:
        await open_house.submit(1)
        await until(lambda: engine.arguments)
        error = {"code": "a.b", "message": "It broke."}
        await engine.end(key(1), WorkflowState.FAILED, error=error)
        ended = await open_house.wait(1)

        assert ended.state is OperationState.FAILED
        assert (ended.error.code, ended.error.message) == ("a.b", "It broke.")
        assert (await events(open_house, 1))[0]["error"] == error


async def test_an_end_told_twice_is_recorded_once(house: Build, until: Any) -> None:
    engine = HeldEngine()
    async with house(engine) as open_house:
        await open_house.submit(1)
        await until(lambda: engine.arguments)
        await engine.end(key(1))
        first = await open_house.get(1)
        await engine.end(key(1), WorkflowState.FAILED)

        assert await open_house.get(1) == first
        assert len(await ended_events(open_house)) == 1
        assert len(await events(open_house, 1)) == 1


async def test_fifty_at_once_with_one_id_are_one_operation(
    house: Build, until: Any
) -> None:
    engine = HeldEngine()
    async with house(engine) as open_house:
        found = await asyncio.gather(*(open_house.submit(1) for _ in range(50)))
        await until(lambda: engine.arguments)

        assert {each.id for each in found} == {UUID(int=1)}
        assert started(engine) == [1]


async def test_limits_hold_and_a_freed_slot_is_used(house: Build, until: Any) -> None:
    engine = HeldEngine()
    async with house(engine, limit=2, per_project=1) as open_house:
        await open_house.submit(1, project_id=RED)
        waiting = await open_house.submit(2, project_id=RED)
        await until(lambda: started(engine) == [1])
        await open_house.submit(3, project_id=BLUE)
        await open_house.submit(4)
        await until(lambda: started(engine) == [1, 3])
        full = await open_house.get(4)
        await engine.end(key(1))
        await until(lambda: started(engine) == [1, 3, 4])

        assert (await open_house.get(2)).state is OperationState.QUEUED
        assert full.reason == (
            "number 1 of 2, waiting: limit 2 reached by work/1 and work/3"
        )
        assert waiting.reason in {"about to start", "waiting: project limit 1 reached"}


async def test_a_part_borrows_the_slot_and_the_feed(house: Build, until: Any) -> None:
    engine = HeldEngine()
    async with house(engine, limit=1) as open_house:
        await open_house.submit(1)
        child = await open_house.submit(2, parent_id=UUID(int=1))
        await until(lambda: len(engine.arguments) == 2)
        await engine.end(key(2))
        await engine.end(key(1))

        assert child.feed_id == UUID(int=1)
        assert [each["operation_id"] for each in await events(open_house, 1)] == [
            key(1)
        ]


async def test_a_part_of_nothing_is_refused(house: Build) -> None:
    async with house(HeldEngine()) as open_house:
        with pytest.raises(OperationNotFound):
            await open_house.submit(2, parent_id=UUID(int=1))


async def test_a_queued_one_is_cancelled_and_never_starts(
    house: Build, until: Any
) -> None:
    engine = HeldEngine()
    async with house(engine, limit=1) as open_house:
        await open_house.submit(1)
        await open_house.submit(2)
        await until(lambda: engine.arguments)
        cancelled = await open_house.cancel(2)
        await engine.end(key(1))
        await open_house.submit(3)
        await until(lambda: started(engine) == [1, 3])

        assert cancelled.state is OperationState.CANCELLED
        assert [each["state"] for each in await events(open_house, 2)] == ["cancelled"]
        assert [act.action for _, act in open_house.trail.acts] == [OPERATION_CANCEL]
        assert f"operations/{UUID(int=2)}" in await ended_events(open_house)


async def test_a_running_one_is_cancelled_with_its_parts(
    house: Build, until: Any
) -> None:
    """The innermost is told first; a part that comes later never starts."""
    engine = HeldEngine()
    async with house(engine) as open_house:
        await open_house.submit(1)
        await open_house.submit(2, parent_id=UUID(int=1))
        await until(lambda: len(engine.arguments) == 2)
        await open_house.cancel(1)
        await open_house.submit(3, parent_id=UUID(int=1))
        late = await open_house.wait(3)

        assert engine.cancelled == [key(2), key(1)]
        assert late.state is OperationState.CANCELLED
        assert started(engine) == [1, 2]


async def test_an_ended_one_stays_when_cancelled(house: Build, until: Any) -> None:
    engine = HeldEngine()
    async with house(engine) as open_house:
        await open_house.submit(1)
        await until(lambda: engine.arguments)
        await engine.end(key(1))

        assert (await open_house.cancel(1)).state is OperationState.SUCCEEDED
        assert open_house.trail.acts == []


async def test_waiting_ends_with_the_operation(house: Build, until: Any) -> None:
    engine = HeldEngine()
    async with house(engine) as open_house:
        await open_house.submit(1)
        await until(lambda: engine.arguments)
        waits = [asyncio.create_task(open_house.wait(1)) for _ in range(3)]
        await asyncio.sleep(0)
        await engine.end(key(1))

        found = await asyncio.gather(*waits)
        assert {each.state for each in found} == {OperationState.SUCCEEDED}


async def test_what_cannot_start_fails_with_the_reason(house: Build) -> None:
    engine = HeldEngine()
    engine.refusals.append(WorkflowUnknown("No workflow is called test.work."))
    async with house(engine) as open_house:
        await open_house.submit(1)
        ended = await open_house.wait(1)

        assert ended.state is OperationState.FAILED
        assert ended.error.code == "engine.unknown"
        assert [each["state"] for each in await events(open_house, 1)] == ["failed"]


async def test_an_engine_that_cannot_record_is_asked_again(
    house: Build, until: Any
) -> None:
    engine = HeldEngine()
    engine.refusals.append(JournalUnavailable("The disk is full."))
    async with house(engine) as open_house:
        await open_house.submit(1)
        await until(lambda: engine.arguments)

        assert (await open_house.get(1)).state is OperationState.RUNNING


async def test_a_restart_goes_on_where_it_was(house: Build, until: Any) -> None:
    """Running stays running, queued waits again, an end in between is recorded."""
    engine = HeldEngine()
    async with house(engine, limit=2) as open_house:
        for number in (1, 2, 3):
            await open_house.submit(number)
        await until(lambda: len(engine.arguments) == 2)
    engine.forget_listeners()
    await engine.end(key(1))
    async with house(engine, limit=2) as open_house:
        await until(lambda: started(engine) == [1, 2, 3])

        assert (await open_house.wait(1)).state is OperationState.SUCCEEDED
        assert (await open_house.get(2)).state is OperationState.RUNNING
        assert len(await events(open_house, 1)) == 1


async def test_a_start_lost_between_table_and_engine_is_made_good(
    house: Build, until: Any
) -> None:
    """Recorded as running, unknown to the engine: started, or ended if unwanted."""
    async with house(HeldEngine()) as open_house:
        await open_house.submit(1)
        await open_house.submit(2)
        await open_house.state(1, OperationState.RUNNING)
        await open_house.state(2, OperationState.RUNNING)
        await open_house.cancel(2)
    engine = HeldEngine()
    async with house(engine) as open_house:
        await until(lambda: engine.arguments)

        assert (await open_house.wait(2)).state is OperationState.CANCELLED
        assert started(engine) == [1]
        assert [each["state"] for each in await events(open_house, 2)] == ["cancelled"]


async def test_a_cancel_survives_a_restart(house: Build, until: Any) -> None:
    engine = HeldEngine()
    async with house(engine) as open_house:
        await open_house.submit(1)
        await until(lambda: engine.arguments)
        await open_house.cancel(1)
    engine.forget_listeners()
    async with house(engine) as open_house:
        await until(lambda: len(engine.cancelled) == 2)
        await engine.end(key(1), WorkflowState.CANCELLED)

        assert (await open_house.get(1)).state is OperationState.CANCELLED
