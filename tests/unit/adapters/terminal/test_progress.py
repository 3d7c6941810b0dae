"""What a follower of a run sees, and that it sees each thing once."""

from typing import Any

import pytest

from fairlead.adapters.terminal.client import SentEvent
from fairlead.adapters.terminal.progress import Progress

RUN = {"project": "hello", "number": 3, "duration_seconds": 2.0, "urls": []}


def output(stream: str, text: str) -> SentEvent:
    return SentEvent(1, "output", {"stream": stream, "text": text})


def step(name: str, event: str, **data: Any) -> SentEvent:
    stage, _, step = name.partition("/")
    told = {"event": f"step.{event}", "stage": stage, "step": step, "at": 1.0, **data}
    return SentEvent(1, "event", told)


def follow(*events: SentEvent, live: bool, reason: str = "") -> Progress:
    progress = Progress(live=live)
    for event in events:
        progress.show(event)
    progress.finish({**RUN, "state": "failed", "reason": reason})
    return progress


BROKEN = (
    step("test/unit", "started"),
    output("test/unit", "expected 4\n"),
    step("test/unit", "ended", state="failed", exit_code=3),
)


def test_a_tail_in_sight_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    follow(*BROKEN, live=True)

    assert "last output" not in capsys.readouterr().err


def test_a_tail_that_others_pushed_away_is_shown_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    follow(*BROKEN, output("test/lint", "fine\n"), live=True)

    told = capsys.readouterr().err
    assert told.index("last output of test/unit") < told.index("  expected 4")


def test_who_does_not_see_stdout_gets_the_tail(
    capsys: pytest.CaptureFixture[str],
) -> None:
    follow(*BROKEN, live=False)

    assert "  expected 4" in capsys.readouterr().err


def test_a_failed_checkout_has_a_tail_too(capsys: pytest.CaptureFixture[str]) -> None:
    follow(output("checkout", "fatal: no\n"), live=False, reason="It cannot be cloned.")

    told = capsys.readouterr().err
    assert "  fatal: no" in told
    assert told.count("cannot be cloned") == 1


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        ({"exit_code": 3}, "Step test/unit ended with exit code 3."),
        (
            {"reason": "It took longer than 5 s."},
            "Step test/unit took longer than 5 s.",
        ),
    ],
)
def test_the_reason_is_told_once(
    capsys: pytest.CaptureFixture[str], ended: dict[str, Any], reason: str
) -> None:
    follow(
        step("test/unit", "ended", state="failed", **ended), live=True, reason=reason
    )

    assert reason not in capsys.readouterr().err


def test_another_reason_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    follow(*BROKEN, live=True, reason="Output 'app' matches nothing.")

    assert "matches nothing" in capsys.readouterr().err


def test_stdout_is_left_to_data(capsys: pytest.CaptureFixture[str]) -> None:
    Progress(apart=True, live=True).show(output("build/a", "one\n"))

    assert capsys.readouterr() == ("", "one\n")


def test_the_end_says_that_steps_were_not_isolated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stages = [{"jobs": [{"steps": [{"isolation": "none"}]}]}]
    Progress(live=True).finish({**RUN, "state": "succeeded", "stages": stages})

    assert "not isolated" in capsys.readouterr().err
