"""The port for immutable bytes too large for a database."""

from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fairlead.kernel.errors import ErrorKind, FairleadError


class BlobMissing(FairleadError):
    """No blob is stored under this key."""

    kind = ErrorKind.NOT_FOUND
    code = "blobs.missing"


class NoSpace(FairleadError):
    """The place where blobs are kept is full; nothing half is left there."""

    kind = ErrorKind.UNAVAILABLE
    code = "blobs.no_space"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """What is known of stored bytes: key, size in bytes, `sha256:<hex>` digest."""

    key: str
    size: int
    digest: str


class Blobs(Protocol):
    """Keeps bytes under slash-separated keys of `[A-Za-z0-9._-]` parts."""

    @abstractmethod
    async def put(self, key: str, source: Path) -> Blob:
        """Store a copy of the file `source`; durable and whole once this returns.

        Raises:
            NoSpace: there is no room for it.
        """

    @abstractmethod
    async def put_bytes(self, key: str, data: bytes) -> Blob:
        """Store `data`; durable and whole once this returns.

        Raises:
            NoSpace: there is no room for it.
        """

    @abstractmethod
    async def fetch(self, key: str, target: Path) -> None:
        """Copy the bytes to the new file `target`.

        Raises:
            BlobMissing: nothing is stored under `key`.
        """

    @abstractmethod
    def read(self, key: str, *, start: int = 0) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` on, in chunks of at most 256 KiB.

        Raises:
            BlobMissing: nothing is stored under `key`.
        """

    @abstractmethod
    async def delete(self, prefix: str) -> None:
        """Remove the blob `prefix` and every blob under `prefix/`; none is fine."""
