"""Telling the first of many alike facts, and how many more there were."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class Thinning:
    """Admits each key once per `window`; remembers at most `capacity` keys.

    A flood of one fact so leaves one record per window, and its count.
    """

    window: timedelta
    capacity: int = 10_000
    _seen: "OrderedDict[Hashable, tuple[datetime, int]]" = field(
        default_factory=OrderedDict
    )

    def admit(self, key: Hashable, *, at: datetime) -> int | None:
        """Return how many of `key` were left out since the last; None: leave it out."""
        since, left_out = self._seen.get(key, (None, 0))
        if since is not None and at - since < self.window:
            self._seen[key] = (since, left_out + 1)
            return None
        self._seen[key] = (at, 0)
        self._seen.move_to_end(key)
        if len(self._seen) > self.capacity:
            self._seen.popitem(last=False)
        return left_out
