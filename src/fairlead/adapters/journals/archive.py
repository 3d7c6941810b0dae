"""Complete journals as blobs, read by the same offsets as the file they were."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import cast

from fairlead.kernel.blobs import BlobMissing, Blobs
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.framing import END, HEADER, measure
from fairlead.kernel.journal import BadOffset, Frame, decode

_BLOCK = 1024 * 1024


class CopyDamaged(FairleadError):
    """A stored copy does not read back as what it was made of; the file is kept."""

    kind = ErrorKind.UNAVAILABLE
    code = "journal.copy_damaged"


class BlobArchive:
    """Keeps the journal `name` as the blob `journals/<name>`."""

    def __init__(self, blobs: Blobs) -> None:
        """Keep them in `blobs`."""
        self._blobs = blobs

    async def store(self, name: str, file: Path) -> None:
        """Copy `file`, which is complete, and read the copy back to be sure of it.

        Raises:
            CopyDamaged: it did not read back the same; nothing of it is left.
            NoSpace: there is no room for it.
        """
        wanted = await asyncio.to_thread(_digest, file)
        blob = await self._blobs.put(_key(name), file)
        read = hashlib.sha256()
        async with self._reading(name) as chunks:
            async for chunk in chunks:
                read.update(chunk)
        if not blob.digest == f"sha256:{read.hexdigest()}" == wanted:
            await self._blobs.delete(_key(name))
            raise CopyDamaged(
                f"The copy of journal {name} does not read back as it was written; "
                "look at the disk or store that holds blobs.",
                journal=name,
            )

    async def has(self, name: str) -> bool:
        """Tell whether it is here."""
        try:
            async with self._reading(name) as chunks:
                async for _ in chunks:
                    break
        except BlobMissing:
            return False
        return True

    async def frames(self, name: str, after: int, limit: int) -> list[Frame] | None:
        """Return the frames from `after` on, about `limit` bytes; None: not here.

        Raises:
            BadOffset: `after` is not where a frame begins.
        """
        before = min(after, HEADER.size)  # tells the journal's end from nowhere
        wanted, buffer = before + max(limit, HEADER.size), bytearray()
        try:
            async with self._reading(name, start=after - before) as chunks:
                async for chunk in chunks:
                    buffer += chunk
                    if len(buffer) >= wanted:
                        wanted = before + _needed(buffer, before)
                        if len(buffer) >= wanted:
                            break
            if len(buffer) > before:
                return decode(bytes(buffer[before:]), offset=after)[0]
            if before and measure(bytes(buffer))[0] != END:
                raise ValueError("not the end")  # noqa: TRY301 - one answer to all
        except BlobMissing:
            return None
        except ValueError as error:
            raise BadOffset(
                f"No frame begins at offset {after}; resume where one ended.",
                after=after,
            ) from error
        return []

    async def drop(self, name: str) -> None:
        """Remove it; none is fine."""
        await self._blobs.delete(_key(name))

    def _reading(
        self, name: str, *, start: int = 0
    ) -> aclosing[AsyncGenerator[bytes, None]]:
        chunks = self._blobs.read(_key(name), start=start)
        return aclosing(cast("AsyncGenerator[bytes, None]", chunks))


def _key(name: str) -> str:
    return f"journals/{name}"


def _needed(buffer: bytearray, position: int) -> int:
    """Return how many bytes the first frame takes."""
    return measure(bytes(buffer[position : position + HEADER.size]))[1]


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(_BLOCK):
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"
