"""Argon2id in a bounded pool of threads."""

import asyncio
import os
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from typing_extensions import override

from fairlead.services.identity.ports import Hasher
from fairlead.services.identity.public import TooManyAttempts

T = TypeVar("T")

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
QUEUE_PER_CORE = 16


def _unknown() -> str:
    """Return a hash nobody has the password of, with today's parameters."""

    def text(data: bytes) -> str:
        return b64encode(data).decode().rstrip("=")

    parameters = f"m={MEMORY_KIB},t={PASSES},p={LANES}"
    salt, digest = text(os.urandom(16)), text(os.urandom(32))
    return f"$argon2id$v=19${parameters}${salt}${digest}"


class Argon2Hasher(Hasher):
    """Hashes one password per core at a time; a bounded number more may wait."""

    def __init__(self, cores: int | None = None) -> None:
        """Use `cores` threads, by default all that this process may use."""
        self._cores = cores or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(self._cores, thread_name_prefix="argon2")
        self._pending = 0
        self._unknown = _unknown()
        self._argon2: Any = None

    @override
    async def hash(self, password: str) -> str:
        return await self._run(self._hash, password)

    @override
    async def matches(self, password: str, password_hash: str | None) -> bool:
        known = password_hash is not None
        stored = password_hash if password_hash is not None else self._unknown
        return await self._run(self._verify, password, stored) and known

    @override
    def stale(self, password_hash: str) -> bool:
        return bool(self._hasher().check_needs_rehash(password_hash))

    def close(self) -> None:
        """End the threads; what still waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *arguments: str) -> T:
        if self._pending >= self._cores * QUEUE_PER_CORE:
            raise TooManyAttempts("Too many log-ins at once.", retry_after=1)
        self._pending += 1
        future = self._pool.submit(work, *arguments)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: _tell(loop, self._leave))
        return await asyncio.wrap_future(future)

    def _leave(self) -> None:
        self._pending -= 1

    def _hash(self, password: str) -> str:
        return str(self._hasher().hash(_bytes(password)))

    def _verify(self, password: str, password_hash: str) -> bool:
        from argon2.exceptions import VerificationError  # noqa: PLC0415 - see _hasher

        try:
            return bool(self._hasher().verify(password_hash, _bytes(password)))
        except VerificationError:
            return False

    def _hasher(self) -> Any:
        """Import argon2 at the first use: an idle server needs none of it."""
        if self._argon2 is None:
            from argon2 import PasswordHasher  # noqa: PLC0415

            self._argon2 = PasswordHasher(
                time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES
            )
        return self._argon2


def _bytes(password: str) -> bytes:
    return password.encode(errors="surrogatepass")


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(callback)
