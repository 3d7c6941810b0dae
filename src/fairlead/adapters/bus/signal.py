"""How the outbox wakes the relay within a process."""

import asyncio


class OutboxSignal:
    """Set whenever events have become durable; the relay waits for it."""

    def __init__(self) -> None:
        """Start set: what an earlier process left is read first."""
        self._event = asyncio.Event()
        self._event.set()

    @property
    def raised(self) -> bool:
        """Whether something may be unread."""
        return self._event.is_set()

    def wake(self) -> None:
        """Tell that there is something to read."""
        self._event.set()

    async def wait(self) -> None:
        """Wait to be woken and lower the signal."""
        await self._event.wait()
        self._event.clear()
