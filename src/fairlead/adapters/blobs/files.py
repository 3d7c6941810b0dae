"""Blobs as files: written beside their place, made durable, then renamed into it."""

import asyncio
import errno
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from typing_extensions import override

from fairlead.kernel.blobs import Blob, BlobMissing, Blobs, NoSpace

_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,200}"
KEY = re.compile(rf"{_PART}(?:/{_PART}){{0,15}}")
CHUNK = 256 * 1024
_INCOMING = "~incoming"  # no key can be called that
_STALE_SECONDS = 24 * 3600


class FileBlobs(Blobs):
    """Keeps the blob `key` in `<root>/<key>`."""

    def __init__(self, root: Path) -> None:
        """Keep blobs under `root`, made when the first one is put."""
        self._root = root
        self._swept = False

    @override
    async def put(self, key: str, source: Path) -> Blob:
        path = self._file(key)
        return await asyncio.to_thread(self._put_file, key, source, path)

    @override
    async def put_bytes(self, key: str, data: bytes) -> Blob:
        path = self._file(key)
        return await asyncio.to_thread(self._put, key, BytesIO(data), path)

    @override
    async def fetch(self, key: str, target: Path) -> None:
        path = self._file(key)
        await asyncio.to_thread(_fetch, key, path, target)

    @override
    async def read(self, key: str, *, start: int = 0) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(_open, key, self._file(key), start)
        with closing(file):
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk

    @override
    async def delete(self, prefix: str) -> None:
        path = self._file(prefix)
        await asyncio.to_thread(self._delete, path)

    def _file(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError(f"'{key}' is no blob key")
        return self._root / key

    def _put_file(self, key: str, source: Path, path: Path) -> Blob:
        with source.open("rb") as file:
            return self._put(key, file, path)

    def _put(self, key: str, source: BinaryIO, path: Path) -> Blob:
        with _room(self._root):
            incoming = self._incoming()
            half = incoming / secrets.token_hex(12)
            try:
                size, digest = _copy(source, half)
                _place(half, path, self._root)
            except BaseException:
                half.unlink(missing_ok=True)
                raise
        return Blob(key=key, size=size, digest=f"sha256:{digest}")

    def _incoming(self) -> Path:
        incoming = self._root / _INCOMING
        incoming.mkdir(parents=True, exist_ok=True)
        if not self._swept:
            self._swept = True
            _sweep(incoming)
        return incoming

    def _delete(self, path: Path) -> None:
        if not path.exists():
            return
        gone = self._incoming() / secrets.token_hex(12)
        try:
            path.rename(gone)
        except FileNotFoundError:
            return
        with suppress(FileNotFoundError):  # emptied and dropped by another delete
            _sync(path.parent)
        _drop(gone)
        parent = path.parent
        while parent != self._root:
            try:
                parent.rmdir()
            except OSError:
                return  # others live there
            parent = parent.parent


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise NoSpace(
            f"There is no room left in {folder}; free some and try again.",
            folder=str(folder),
        ) from error


def _copy(source: BinaryIO, target: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with target.open("xb", buffering=0) as file:
        while chunk := source.read(CHUNK * 4):
            digest.update(chunk)
            size += len(chunk)
            view = memoryview(chunk)
            while view:
                view = view[file.write(view) :]
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _place(half: Path, path: Path, root: Path) -> None:
    """Rename `half` to `path`, durably, also while empty folders are being dropped."""
    for attempts_left in (2, 1, 0):
        try:
            _folder(path.parent, root)
            half.replace(path)
            _sync(path.parent)
        except FileNotFoundError:
            if not attempts_left:
                raise
        else:
            return


def _folder(path: Path, root: Path) -> None:
    """Make `path` durably, with its parents up to `root`."""
    missing = []
    while path != root and not path.exists():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _open(key: str, path: Path, start: int) -> BinaryIO:
    try:
        file = path.open("rb", buffering=0)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise BlobMissing(f"There is no blob '{key}'.", key=key) from error
    file.seek(start)
    return file


def _fetch(key: str, path: Path, target: Path) -> None:
    with closing(_open(key, path, 0)) as source, _room(target.parent):
        try:
            with target.open("xb") as file:
                shutil.copyfileobj(source, file, CHUNK * 4)
        except FileExistsError:
            raise
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _sweep(incoming: Path) -> None:
    """Drop what a crash left half, once it is surely nobody's any more."""
    oldest = time.time() - _STALE_SECONDS
    for path in incoming.iterdir():
        try:
            if path.stat().st_mtime < oldest:
                _drop(path)
        except FileNotFoundError:
            continue


def _drop(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
