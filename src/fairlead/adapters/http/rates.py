"""How many requests callers may send: a bucket of tokens for each of them."""

import math
import time
from collections.abc import Callable
from typing import NamedTuple

BURST_SECONDS = 10
MOST = 16_384
Header = tuple[bytes, bytes]


class Rate(NamedTuple):
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
        self._burst = per_second * BURST_SECONDS
        self._headers: dict[int, tuple[Header, ...]] = {}

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

    def headers(self, left: int) -> tuple[Header, ...]:
        """Return what tells the caller, by both names in use."""
        known = self._headers.get(left)
        if known is None:
            reset = math.ceil((self._burst - left) / self._per_second)
            known = tuple(
                (f"{prefix}ratelimit-{name}".encode(), b"%d" % value)
                for name, value in (
                    ("limit", self._burst),
                    ("remaining", left),
                    ("reset", reset),
                )
                for prefix in ("", "x-")
            )
            if len(self._headers) < self._most:
                self._headers[left] = known
        return known
