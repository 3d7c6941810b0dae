"""What is made of a workflow's records."""

from fairlead.adapters.engine.records import (
    ATTEMPT,
    CANCEL,
    DONE,
    RETRY,
    SIGNAL,
    TIMER,
    History,
    Record,
)


def record(
    kind: int,
    key: str,
    sequence: int = 1,
    *,
    number: int = 0,
    due: float = 0.0,
    body: bytes = b"",
) -> Record:
    return Record(1, sequence, kind, key, 7, number, due, body)


def test_attempts_failures_and_due_times_are_remembered() -> None:
    """A step goes on with the next number when it is due."""
    history = History.of(
        [
            record(ATTEMPT, "a", 1, number=1),
            record(RETRY, "a", 2, due=5.0),
            record(ATTEMPT, "a", 3, number=2),
            record(TIMER, "nap", 4, due=9.0),
        ]
    )
    step, nap = history.steps["a"], history.steps["nap"]

    assert (step.attempts, step.failures, step.due, step.outcome) == (2, 1, 5.0, None)
    assert (nap.timed, nap.due) == (True, 9.0)
    assert history.unasked == {"a", "nap"}
    assert history.sequence == 4


def test_signals_are_kept_once_per_dedup_in_order() -> None:
    """A signal that was sent twice is one; names may be told apart by one line."""
    history = History.of(
        [
            record(SIGNAL, "go\none", 1, body=b"1"),
            record(SIGNAL, "go\none", 2, body=b"1"),
            record(SIGNAL, "go\ntwo\nlines", 3, body=b"2"),
            record(SIGNAL, "stop\nthree", 4, body=b"3"),
        ]
    )

    assert history.signals == {"go": {1: b"1", 3: b"2"}, "stop": {4: b"3"}}
    assert history.dedups == {"one", "two\nlines", "three"}
    assert history.unasked == set()


def test_outcomes_and_cancels_are_seen() -> None:
    """The last word on a step is its outcome."""
    done = record(DONE, "a", 1, body=b"1")
    history = History.of([done, record(CANCEL, "", 2)])

    assert history.steps["a"].outcome == done
    assert history.cancelled
