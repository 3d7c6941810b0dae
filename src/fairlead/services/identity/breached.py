"""A list of known passwords in a file, searched without being held in memory."""

import asyncio
import mmap
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.services.identity.ports import BreachedPasswords

SHIPPED = Path(__file__).with_name("breached.txt")


class BreachedListMissing(FairleadError):
    """The list of known passwords cannot be read; no password is taken without it."""

    kind = ErrorKind.UNAVAILABLE
    code = "identity.breached_list_missing"


@dataclass(frozen=True, slots=True)
class FileBreachedPasswords(BreachedPasswords):
    """Searches a file of lowercase lines; it may be replaced while the server runs."""

    file: Path

    @override
    async def has(self, spellings: frozenset[str]) -> bool:
        try:
            return await asyncio.to_thread(self._has, spellings)
        except (OSError, ValueError) as error:
            raise BreachedListMissing(
                f"The list of known passwords {self.file} cannot be read."
            ) from error

    def _has(self, spellings: frozenset[str]) -> bool:
        with (
            self.file.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines,
        ):
            return any(_found(lines, spelling) for spelling in spellings)


def _found(lines: mmap.mmap, spelling: str) -> bool:
    line = spelling.encode(errors="surrogatepass")
    return any(
        lines[: len(line + end)] == line + end or lines.find(b"\n" + line + end) >= 0
        for end in (b"\n", b"\r\n")
    )
