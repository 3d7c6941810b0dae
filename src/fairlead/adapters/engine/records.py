"""What the journal holds of a workflow, and what is known of it in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

ATTEMPT: Final = 1  # an attempt is about to be launched
RETRY: Final = 2  # an attempt failed; the next is due at `due`
TIMER: Final = 3  # a wait began and is due at `due` (0: never)
DONE: Final = 4
FAILED: Final = 5
CANCELLED: Final = 6
TIMEOUT: Final = 7
SIGNAL: Final = 8  # key: `name`, a line break, the sender's dedup
CANCEL: Final = 9

OUTCOMES: Final = frozenset({DONE, FAILED, CANCELLED, TIMEOUT})


class Record(NamedTuple):
    """One row of a workflow's history.

    Attributes:
        number: Of the attempt, or the sequence of the signal that was read.
        due: Seconds since the epoch; 0: none.
        body: JSON; empty: none.
    """

    workflow: int
    sequence: int
    kind: int
    key: str
    digest: int
    number: int
    due: float
    body: bytes


class Beginning(NamedTuple):
    """The row a workflow starts with; `number` is its short name in the journal."""

    number: int
    id: str
    workflow: str
    version: int
    argument: bytes
    started_at: float


class Ending(NamedTuple):
    """The row a workflow ends with; `body` is its result or its error."""

    number: int
    state: str
    body: bytes
    ended_at: float


class Ended(NamedTuple):
    """A workflow that has ended, as its watchers are told."""

    beginning: Beginning
    ending: Ending


@dataclass(slots=True)
class Step:
    """What is known of one step; `due` is when it goes on, 0: at once.

    `reason` is why it failed last: JSON of a code, or of code and message. `limit` is
    how often it is tried; 0: it is no activity, or not asked for yet.
    """

    key: str
    digest: int
    attempts: int = 0
    failures: int = 0
    due: float = 0.0
    timed: bool = False
    asked: bool = False
    outcome: Record | None = None
    reason: bytes = b""
    limit: int = 0

    def take(self, record: Record) -> None:
        """Learn of `record`."""
        if record.kind == ATTEMPT:
            self.attempts = record.number
        elif record.kind == RETRY:
            self.failures += 1
            self.due = record.due
            self.reason = record.body
        elif record.kind == TIMER:
            self.timed = True
            self.due = record.due
        else:
            self.outcome = record


@dataclass(slots=True)
class History:
    """All that is recorded of a running workflow.

    Attributes:
        signals: Those not read yet, by name and sequence.
        unasked: Keys recorded by an earlier process that the replay has yet to ask
            for; empty when nothing is replayed.
    """

    steps: dict[str, Step] = field(default_factory=dict)
    signals: dict[str, dict[int, bytes]] = field(default_factory=dict)
    dedups: set[str] = field(default_factory=set)
    unasked: set[str] = field(default_factory=set)
    cancelled: bool = False
    sequence: int = 0

    @classmethod
    def of(cls, records: Iterable[Record]) -> "History":
        """Gather the records of one workflow, given in order."""
        history = cls()
        for record in records:
            history.sequence = record.sequence
            if record.kind == CANCEL:
                history.cancelled = True
            elif record.kind == SIGNAL:
                history.hear(record)
            else:
                step = history.steps.get(record.key)
                if step is None:
                    step = Step(record.key, record.digest)
                    history.steps[record.key] = step
                step.take(record)
        history.unasked.update(history.steps)
        return history

    def hear(self, record: Record) -> None:
        """Take a signal in, once per sender's dedup."""
        name, _, dedup = record.key.partition("\n")
        if dedup not in self.dedups:
            self.dedups.add(dedup)
            self.signals.setdefault(name, {})[record.sequence] = record.body
