"""Fetching an export, line by line."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlencode

from fairlead.adapters.terminal.client import UNREACHABLE, Client
from fairlead.adapters.terminal.errors import Refused


def exported(query: Mapping[str, str | None]) -> Iterator[bytes]:
    """Yield the lines of an export.

    Raises:
        Refused: the server said no, cannot be reached, or broke off before the end.
    """
    given = {name: value for name, value in query.items() if value is not None}
    path = "/api/v1/audit/export" + (f"?{urlencode(given)}" if given else "")
    rest, last = b"", b""
    try:
        for chunk in Client().text(path):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                last = line
                yield line + b"\n"
    except (OSError, HTTPException) as error:
        raise _broken_off() from error
    if rest or not last or json.loads(last).get("type") != "end":
        raise _broken_off()


def export_to(file: Path, lines: Iterable[bytes]) -> int:
    """Write `lines` to `file`, which is there only when they are whole; count them."""
    half, count = file.with_name(f"{file.name}.part"), 0
    try:
        with os.fdopen(
            os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        ) as out:
            for line in lines:
                out.write(line)
                count += 1
        half.replace(file)
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error}.", exit_code=2) from error
    finally:
        half.unlink(missing_ok=True)
    return count


def _broken_off() -> Refused:
    return Refused(
        "The server broke the export off; export once more.", exit_code=UNREACHABLE
    )
