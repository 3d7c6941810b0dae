"""Guesses at one account from one address, one after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fairlead.services.identity.public import TooManyAttempts

QUEUE = 32


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Turnstile:
    """Keeps a burst of guesses from being checked before the first is counted.

    Only an address the user came from before, with nothing wrong since, goes past it.
    """

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._lines: dict[tuple[object, ...], _Line] = {}

    @asynccontextmanager
    async def turn(self, *key: object) -> AsyncIterator[None]:
        """Wait for the turn of `key` and keep it.

        Raises:
            TooManyAttempts: `QUEUE` of them wait already.
        """
        line = self._lines.setdefault(key, _Line())
        if line.waiting > QUEUE:
            raise TooManyAttempts("Too many log-ins at once.", retry_after=1)
        line.waiting += 1
        try:
            async with line.lock:
                yield
        finally:
            line.waiting -= 1
            if not line.waiting:
                self._lines.pop(key, None)
