"""A run put together from its rows."""

from dataclasses import replace

import pytest

from fairlead.kernel.ids import new_id
from fairlead.modules.pipelines.domain.plan import OutputPlan, Plan, StepPlan
from fairlead.modules.pipelines.domain.records import Record, step_records
from fairlead.modules.pipelines.domain.views import joined, shown
from fairlead.modules.pipelines.public import State
from fairlead.testing.fakes import FrozenClock

NOW = FrozenClock().now()
PLAN = Plan(
    build=(StepPlan(name="a", run="x"), StepPlan(name="b", run="x")),
    outputs=(OutputPlan(name="o", type="file", path="o"),),
    test=(StepPlan(name="c", run="x"),),
)
RUN = Record(
    id=new_id(),
    project_id=new_id(),
    project="hello",
    number=1,
    repository="/r",
    wanted="",
    state=State.RUNNING,
    revision="",
    requested_by="ada",
    created_at=NOW,
    plan=PLAN,
)
S, F, Q, R, C, K = (
    State.SUCCEEDED,
    State.FAILED,
    State.QUEUED,
    State.RUNNING,
    State.CANCELLED,
    State.SKIPPED,
)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([S, S], S),
        ([Q, Q], Q),
        ([S, Q], R),
        ([R, Q], R),
        ([S, F, K], F),
        ([S, C, K], C),
        ([K, K], K),
        ([S, K], S),
        ([], Q),
    ],
)
def test_whole_is_what_its_parts_say(parts: list[State], whole: State) -> None:
    """The loudest part wins; some done and some waiting is running."""
    assert joined(parts) is whole


def stages(record: Record, *states: State) -> list[State]:
    rows = step_records(record.id, PLAN)
    rows = [replace(row, state=state) for row, state in zip(rows, states, strict=True)]
    return [stage.state for stage in shown(record, rows).stages]


def test_build_runs_until_its_outputs_are_stored() -> None:
    """Its steps alone do not end it."""
    assert stages(RUN, S, S, Q) == [R, Q]


def test_stage_that_broke_without_a_step_is_failed() -> None:
    """An output that matched nothing fails the build, though its steps succeeded."""
    ended = RUN.end(F, NOW, reason="no", stage="build")

    assert stages(ended, S, S, K) == [F, K]


def test_run_without_plan_has_no_stages() -> None:
    """It is queued, or broke before the pipeline file was read."""
    assert shown(replace(RUN, plan=None)).stages == ()


def test_ended_run_stays_as_it_is() -> None:
    """The first end counts."""
    ended = RUN.end(C, NOW, reason="", stage="")

    assert ended.end(F, NOW, reason="late", stage="build") == ended
    assert ended.begin(NOW) == ended
