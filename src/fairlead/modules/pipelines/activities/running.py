"""Carrying out one program of a run, so that nothing of it is left behind."""

import asyncio
import contextlib
from dataclasses import dataclass

from fairlead.kernel.processes import Launcher, ProcessSpec, ProcessUnknown, Receipt


@dataclass(frozen=True, slots=True)
class TookTooLong:
    """A program that was ended because it ran longer than it may."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Runner:
    """Starts programs through the launcher and waits for their end."""

    launcher: Launcher
    grace_seconds: float

    async def carry_out(
        self, spec: ProcessSpec, *, timeout_seconds: float
    ) -> Receipt | TookTooLong:
        """Run a program to its end; one that runs under this key already is joined.

        Cancelled, or out of time, it ends the whole tree first.

        Raises:
            LauncherDown: the launcher cannot be reached, or died.
        """
        try:
            await self.launcher.start(spec)
        except asyncio.CancelledError:
            await self._end(spec.key)
            raise
        return await self.await_end(spec.key, timeout_seconds=timeout_seconds)

    async def await_end(
        self, key: str, *, timeout_seconds: float
    ) -> Receipt | TookTooLong:
        """Wait for the end of a program that was started, as `carry_out` does.

        Raises:
            ProcessUnknown: the launcher does not know it (any longer).
            LauncherDown: the launcher cannot be reached, or died.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self.launcher.wait(key)
        except TimeoutError:
            await self.launcher.stop(key, grace_seconds=self.grace_seconds)
            return TookTooLong(timeout_seconds)
        except asyncio.CancelledError:
            await self._end(key)
            raise

    async def forget(self, key: str) -> None:
        """Drop what the launcher keeps of an ended program; unknown is fine."""
        with contextlib.suppress(ProcessUnknown):
            await self.launcher.forget(key)

    async def _end(self, key: str) -> None:
        """End a tree for good: its receipt must not pass for that of an attempt."""
        with contextlib.suppress(ProcessUnknown):
            await self.launcher.stop(key, grace_seconds=self.grace_seconds)
            await self.launcher.forget(key)
