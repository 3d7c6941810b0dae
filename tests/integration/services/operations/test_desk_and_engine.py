"""The desk before the embedded engine: real workflows, real restarts."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fairlead.adapters.engine.engine import EmbeddedEngine
from fairlead.kernel.engine import ONCE, Attempt, Call, Json, Steps, Workflow
from fairlead.services.operations.public import OperationState, WorkflowInput

House = Any
Build = Callable[..., Any]


async def work(steps: Steps, argument: Json) -> Json:
    """Run the one activity and give back what it gave."""
    call = Call(activity="test.act", argument=argument, retry=ONCE)
    return await steps.run(call, key="act")


@dataclass
class Acts:
    """An activity that can be held up, and counts."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    running: list[int] = field(default_factory=list)
    most: int = 0
    calls: list[int] = field(default_factory=list)
    interrupted: list[int] = field(default_factory=list)

    async def act(self, attempt: Attempt) -> Json:
        number = WorkflowInput.from_json(attempt.argument).operation_id.int
        self.calls.append(number)
        self.running.append(number)
        self.most = max(self.most, len(self.running))
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.interrupted.append(number)
            raise
        finally:
            self.running.remove(number)
        return {"n": number}


@pytest.fixture
def acts() -> Acts:
    return Acts()


@pytest.fixture
def engine(tmp_path: Path, acts: Acts) -> Callable[[], EmbeddedEngine]:
    def build() -> EmbeddedEngine:
        return EmbeddedEngine(
            tmp_path / "engine.db",
            workflows=[Workflow(name="test.work", function=work)],
            activities={"test.act": acts.act},
        )

    return build


async def test_a_burst_runs_to_its_end_within_the_limit(
    house: Build, engine: Any, acts: Acts
) -> None:
    acts.open.set()
    async with house(engine(), limit=4) as open_house:
        await asyncio.gather(*(open_house.submit(n) for n in range(1, 41)))
        ended = await asyncio.gather(*(open_house.wait(n) for n in range(1, 41)))

        assert {each.state for each in ended} == {OperationState.SUCCEEDED}
        assert [each.result["n"] for each in ended] == list(range(1, 41))
        assert sorted(acts.calls) == list(range(1, 41))
        assert acts.most <= 4


async def test_a_freed_slot_is_passed_on_by_the_end_itself(
    house: Build, engine: Any, acts: Acts
) -> None:
    """Whoever looked for it now and then, even each second, would be too late."""
    acts.open.set()
    async with house(engine(), limit=1) as open_house, asyncio.timeout(60):
        await asyncio.gather(*(open_house.submit(n) for n in range(1, 121)))
        await asyncio.gather(*(open_house.wait(n) for n in range(1, 121)))

    assert acts.most == 1


async def test_a_freed_slot_goes_to_the_project_whose_turn_it_is(
    house: Build, engine: Any, acts: Acts, until: Any
) -> None:
    red, blue = UUID(int=900), UUID(int=901)
    async with house(engine(), limit=1) as open_house:
        for number in (1, 2, 3):
            await open_house.submit(number, project_id=red)
        await open_house.submit(11, project_id=blue)
        await until(lambda: acts.running)
        acts.open.set()
        for number in (1, 2, 3, 11):
            await open_house.wait(number)

        assert acts.calls == [1, 11, 2, 3]


async def test_a_running_one_is_interrupted_by_a_cancel(
    house: Build, engine: Any, acts: Acts, until: Any
) -> None:
    async with house(engine()) as open_house:
        await open_house.submit(1)
        await open_house.submit(2, parent_id=UUID(int=1))
        await until(lambda: len(acts.running) == 2)
        await open_house.cancel(1)
        states = [(await open_house.wait(number)).state for number in (1, 2)]

        assert states == [OperationState.CANCELLED] * 2
        assert sorted(acts.interrupted) == [1, 2]


async def test_a_cancel_meets_the_start(house: Build, engine: Any) -> None:
    """Cancelled at every moment around its start, it ends as cancelled."""
    async with house(engine(), limit=8) as open_house:
        for number in range(1, 21):
            submitted = asyncio.create_task(open_house.submit(number))
            await submitted
            for _ in range(number):
                await asyncio.sleep(0)
            await open_house.cancel(number)

        for number in range(1, 21):
            state = (await open_house.wait(number)).state
            assert state is OperationState.CANCELLED


async def test_closing_and_opening_loses_nothing(
    house: Build, engine: Any, acts: Acts, until: Any
) -> None:
    """Whatever state each is in when the house closes, all end well, once."""
    async with house(engine(), limit=3) as open_house:
        for number in range(1, 11):
            await open_house.submit(number)
        await until(lambda: len(acts.running) == 3)
    acts.open.set()
    async with house(engine(), limit=3) as open_house:
        ended = [await open_house.wait(number) for number in range(1, 11)]

    assert {each.state for each in ended} == {OperationState.SUCCEEDED}


@pytest.mark.parametrize("moment", range(6))
async def test_closing_in_the_middle_of_a_burst_loses_nothing(
    house: Build, engine: Any, acts: Acts, moment: int
) -> None:
    acts.open.set()
    async with house(engine(), limit=3) as open_house:
        await asyncio.gather(*(open_house.submit(n) for n in range(1, 31)))
        await asyncio.sleep(moment * 0.004)
    async with house(engine(), limit=3) as open_house:
        ended = await asyncio.gather(*(open_house.wait(n) for n in range(1, 31)))

        assert {each.state for each in ended} == {OperationState.SUCCEEDED}
        for number in range(1, 31):
            frames = [f async for f in open_house.feeds.follow(UUID(int=number))]
            assert len(frames) == 2
