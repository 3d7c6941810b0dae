"""Positions of the outbox that were passed over and may be filled yet.

Where units of work run beside one another, a later position may become durable before
an earlier one. What is missing between two that were read is looked for again, until
no unit of work can be open that long.
"""

import time
from collections.abc import Callable, Iterable

KEPT_SECONDS = 300.0
AT_MOST = 1_000


class Gaps:
    """Remembers what is missing; the newest of it only, and for some minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the time in seconds from `clock`."""
        self._clock = clock
        self._noted: dict[int, float] = {}

    def note(self, last: int, positions: Iterable[int]) -> None:
        """Note what is missing between `last` and `positions`, which are in order."""
        now = self._clock()
        for position in positions:
            for missing in range(max(last + 1, position - AT_MOST), position):
                self._noted[missing] = now
            last = position

    def fill(self, positions: Iterable[int]) -> None:
        """Forget what was found."""
        for position in positions:
            self._noted.pop(position, None)

    def open(self) -> list[int]:
        """Return what may be filled yet, in order."""
        oldest = self._clock() - KEPT_SECONDS
        kept = sorted(each for each, noted in self._noted.items() if noted >= oldest)
        self._noted = {each: self._noted[each] for each in kept[-AT_MOST:]}
        return list(self._noted)
