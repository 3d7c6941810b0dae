"""How a run's page chooses and measures."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from fairlead.modules.pipelines.pages.panels import newest_each, spikes_of
from fairlead.modules.pipelines.pages.view import CHECKOUT, view_of
from fairlead.modules.pipelines.public import Job, Run, Stage, State, Step

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def step(
    name: str, state: State, began: int | None = None, ended: int | None = None
) -> Step:
    return Step(
        name=name,
        stream=f"build/{name}",
        state=state,
        exit_code=None,
        attempts=0 if began is None else 1,
        started_at=None if began is None else NOW - timedelta(seconds=began),
        ended_at=None if ended is None else NOW - timedelta(seconds=ended),
        isolation="none",
    )


def run(*steps: Step, state: State = State.RUNNING) -> Run:
    job = Job(name="build", state=state, parallel=False, steps=steps)
    return Run(
        id=UUID(int=1),
        project_id=UUID(int=2),
        project="hello",
        number=1,
        state=state,
        revision="",
        commit="",
        title="",
        requested_by="ada",
        created_at=NOW - timedelta(seconds=101),
        started_at=NOW - timedelta(seconds=100),
        ended_at=None,
        reason="",
        urls=(),
        stages=(Stage(name="build", state=state, jobs=(job,)),) if steps else (),
    )


DONE = step("a", State.SUCCEEDED, 100, 50)
BUSY = step("b", State.RUNNING, 50)
BROKEN = step("c", State.FAILED, 50, 40)
STOPPED = step("d", State.CANCELLED, 50, 40)
LATER = step("e", State.QUEUED)


@pytest.mark.parametrize(
    ("steps", "pick"),
    [
        ((DONE, BUSY, LATER), "build/b"),
        ((DONE, BUSY, BROKEN), "build/c"),
        ((DONE, STOPPED, LATER), "build/d"),
        ((DONE, LATER), "build/a"),
        ((LATER,), CHECKOUT),
        ((), CHECKOUT),
    ],
)
def test_the_most_telling_step_is_open(steps: tuple[Step, ...], pick: str) -> None:
    view = view_of(run(*steps), wanted=None, now=NOW)

    assert view.pick == pick
    assert not view.picked


def test_the_reader_chooses_among_steps_there_are() -> None:
    chosen = view_of(run(DONE, BUSY), wanted="build/a", now=NOW)
    unknown = view_of(run(DONE, BUSY), wanted="build/z", now=NOW)
    own = view_of(run(DONE, BUSY), wanted=CHECKOUT, now=NOW)

    assert (chosen.pick, chosen.picked) == ("build/a", True)
    assert (unknown.pick, unknown.picked) == ("build/b", False)
    assert (own.pick, own.picked) == (CHECKOUT, True)


def test_bars_lie_on_one_time_line() -> None:
    view = view_of(run(DONE, BUSY, LATER), wanted=None, now=NOW)
    [(_, shown)] = view.stages[0].groups

    assert shown[0].bar is not None
    assert (shown[0].bar.start, shown[0].bar.width) == (0.0, 50.0)
    assert shown[1].bar is not None
    assert (shown[1].bar.start, shown[1].bar.width) == (50.0, 50.0)
    assert shown[2].bar is None


def test_bars_stay_on_the_line_whatever_the_clocks_say() -> None:
    odd = step("odd", State.SUCCEEDED, -500, 900)
    [(_, [shown])] = view_of(run(odd), wanted=None, now=NOW).stages[0].groups

    assert shown.bar is not None
    assert 0 <= shown.bar.start <= shown.bar.start + shown.bar.width <= 100


def test_a_run_is_isolated_only_when_all_its_steps_are() -> None:
    sandboxed = replace(DONE, isolation="bubblewrap")

    assert view_of(run(sandboxed), wanted=None, now=NOW).isolated
    assert not view_of(run(sandboxed, BUSY), wanted=None, now=NOW).isolated
    assert not view_of(run(), wanted=None, now=NOW).isolated


def test_the_newest_run_of_a_project_that_was_not_cancelled_counts() -> None:
    cancelled, failed = run(state=State.CANCELLED), run(state=State.FAILED)
    other = replace(run(state=State.SUCCEEDED), project="other")

    assert newest_each([cancelled, failed, run(), other]) == [failed, other]


def test_spikes_stand_with_the_newest_at_the_right() -> None:
    short = replace(run(state=State.FAILED), ended_at=NOW - timedelta(seconds=90))
    long = replace(run(state=State.SUCCEEDED), ended_at=NOW)
    spikes = spikes_of([short, long])

    assert [spike.state for spike in spikes] == [State.SUCCEEDED, State.FAILED]
    assert spikes[0].height > spikes[1].height
    assert all(spike.y + spike.height == 18.0 for spike in spikes)
    assert spikes_of([]) == ()


@pytest.mark.parametrize(
    ("state", "code", "attempts", "reason", "note"),
    [
        (
            State.FAILED,
            3,
            1,
            "It ended with exit code 3.",
            "It ended with exit code 3.",
        ),
        (State.FAILED, 3, 2, "It broke.", "attempt 2; it broke."),
        (State.SUCCEEDED, 0, 2, "It broke.", "attempt 2; before: it broke."),
        (State.RUNNING, None, 2, "", "attempt 2"),
        (State.SUCCEEDED, 0, 1, "", ""),
    ],
)
def test_a_note_says_once_what_happened(
    state: State, code: int | None, attempts: int, reason: str, note: str
) -> None:
    told = replace(
        step("a", state, 50), exit_code=code, attempts=attempts, reason=reason
    )
    view = view_of(run(told), wanted=None, now=NOW)

    assert view.stages[0].groups[0][1][0].note == note
