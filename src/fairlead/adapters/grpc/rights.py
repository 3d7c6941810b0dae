"""Streams end with their reader's rights, which are looked at again and again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fairlead.kernel.errors import ErrorKind, FairleadError

LOOK_SECONDS = 15.0
_NOT_NOW = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.THROTTLED})


@asynccontextmanager
async def while_allowed(ask: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Cut the block off when `ask`, every `LOOK_SECONDS`, raises; raise that instead.

    That nobody can tell at the moment is no reason.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("no task")
    reasons: list[Exception] = []

    async def look() -> None:
        reasons.append(await _refusal(ask))
        task.cancel()

    looking = asyncio.create_task(look())
    try:
        yield
    except asyncio.CancelledError:
        if not reasons:
            raise
        task.uncancel()
        raise reasons[0] from None
    finally:
        looking.cancel()


async def _refusal(ask: Callable[[], Awaitable[None]]) -> Exception:
    """Return, once there is one, why the reader may not go on."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await ask()
        except FairleadError as error:
            if error.kind not in _NOT_NOW:
                return error
        except Exception as error:  # noqa: BLE001 - the edge logs it
            return error
