"""How many requests callers may send: a bucket of tokens for each of them."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

BURST_SECONDS = 10
MOST = 16_384
Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Rate:
    """What is left to a caller.

    Attributes:
        left: Requests at once.
        wait: Seconds until the next one is served; 0: this one is.
    """

    left: int
    wait: float


class Rates:
    """The buckets of all callers; what it keeps is bounded, whoever comes."""

    def __init__(
        self,
        per_second: int,
        *,
        most: int = MOST,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow `per_second` in the long run, and bursts of ten times that.

        Callers seen lately are remembered: at least `most`, at most twice that.
        """
        self._per_second = per_second
        self._cost = 1 / per_second
        self._most = most
        self._now = now
        self._new: dict[object, float] = {}
        self._old: dict[object, float] = {}
        limit = str(per_second * BURST_SECONDS).encode()
        self._limit = ((b"ratelimit-limit", limit), (b"x-ratelimit-limit", limit))

    def take(self, caller: object) -> Rate:
        """Take a token from the caller's bucket."""
        now = self._now()
        # the instant at which the bucket will be full again stands for what is in it
        full = self._new.get(caller) or self._old.get(caller) or now
        ahead = (full - now if full > now else 0.0) + self._cost
        if ahead > BURST_SECONDS:
            return Rate(0, ahead - BURST_SECONDS)
        self._new[caller] = now + ahead
        if len(self._new) >= self._most:
            self._old, self._new = self._new, {}
        return Rate(int((BURST_SECONDS - ahead) * self._per_second), 0.0)

    def headers(self, rate: Rate) -> list[Header]:
        """Return what tells the caller, by both names in use."""
        left = b"%d" % rate.left
        missing = self._per_second * BURST_SECONDS - rate.left
        reset = b"%d" % math.ceil(max(missing / self._per_second, rate.wait))
        return [
            *self._limit,
            (b"ratelimit-remaining", left),
            (b"x-ratelimit-remaining", left),
            (b"ratelimit-reset", reset),
            (b"x-ratelimit-reset", reset),
        ]
