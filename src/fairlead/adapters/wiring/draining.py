"""Letting what runs come to its end before the server closes."""

from collections.abc import Iterable

from fairlead.adapters.wiring.part import Drained, Opened


def awaited(opened: Iterable[Opened]) -> str:
    """Say what `drain` would wait for, and how long; empty: for nothing."""
    told = (part.awaited() for part in opened if isinstance(part, Drained))
    return "; ".join(sentence for sentence in told if sentence)


async def drain(opened: Iterable[Opened]) -> None:
    """Take on nothing more; return when what runs has ended, or its time is up."""
    for part in opened:
        if isinstance(part, Drained):
            await part.drain()
