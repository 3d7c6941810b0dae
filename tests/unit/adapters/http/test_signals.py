"""Signals are events, and small ones."""

import asyncio
import sys

from fairlead.adapters.http.signals import Signal


async def test_whoever_waits_goes_on_once_it_is_set() -> None:
    signal = Signal()
    waiting = [asyncio.create_task(signal.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    assert not signal.is_set()
    signal.set()
    signal.clear()

    assert await asyncio.gather(*waiting[1:]) == [True, True]
    assert waiting[0].cancelled()


async def test_it_can_be_used_again_and_keeps_nothing() -> None:
    signal = Signal()
    small = sys.getsizeof(signal._waiters)  # noqa: SLF001 - its size is the point
    for _ in range(3):
        waiting = asyncio.create_task(signal.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        signal.set()
        assert await waiting
        assert await signal.wait()
        signal.clear()

    assert sys.getsizeof(signal._waiters) == small  # noqa: SLF001
