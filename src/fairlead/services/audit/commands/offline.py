"""Verifying here: an exported file, or an export of the server's trail as it comes."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import Refused
from fairlead.services.audit.commands.exports import exported
from fairlead.services.audit.domain.files import FileCheck, FileState
from fairlead.services.audit.domain.lines import BadLine, read_proof
from fairlead.services.audit.domain.proofs import Signatures
from fairlead.services.audit.public import Checkpoint
from fairlead.services.audit.signing import PublicSignatures

TIMEOUT_SECONDS = 30


def check(file: Path | None, keys: str | None, kept: Iterable[Path]) -> dict[str, Any]:
    """Return what was found, by the names of the server's answer.

    Raises:
        Refused: a file cannot be read, or the server said no.
    """
    known = None if keys is None else _keys(keys)

    def signatures(inside: Mapping[str, str]) -> Signatures:
        return PublicSignatures(_trusted(known, inside))

    look = FileCheck(signatures, kept=[_kept(path) for path in kept])
    if file is None:
        for line in exported({}):
            look.take(line)
    else:
        with file.open("rb") as lines:
            first = lines.readline()
            if not _begins(first):
                raise Refused(
                    f"{file} is no export of an audit trail.",
                    exit_code=2,
                    hint="make one with: fairlead audit export --output FILE",
                )
            look.take(first)
            for line in lines:
                look.take(line)
    return _shown(look.end())


def _begins(line: bytes) -> bool:
    """Tell whether this is a line of an export at all, of whatever type."""
    try:
        read = json.loads(line)
    except ValueError:
        return False
    return isinstance(read, dict) and "type" in read


def _trusted(
    known: Mapping[str, str] | None, inside: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the keys given, else those of the server, else those in the file."""
    if known is not None or not inside:
        return known or {}
    try:
        return _read_keys(Client().get("/api/v1/audit/keys"))
    except Refused:
        click.echo(
            "the keys are those in the file itself, which shows no forgery of it; "
            "give trusted ones with --keys",
            err=True,
        )
        return inside


def _keys(place: str) -> Mapping[str, str]:
    try:
        if place.startswith(("http://", "https://")):
            with urlopen(place, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                return _read_keys(json.load(answer))
        return _read_keys(json.loads(Path(place).read_text()))
    except (OSError, ValueError) as error:
        raise Refused(f"No keys in {place}: {error}.", exit_code=2) from error


def _read_keys(found: Any) -> Mapping[str, str]:
    """Return the keys of a set (RFC 7517), or the one key that it is.

    Raises:
        ValueError: it is neither.
    """
    try:
        return {key["kid"]: key["x"] for key in found.get("keys", [found])}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("it is no set of keys") from error


def _kept(path: Path) -> Checkpoint:
    try:
        facts = json.loads(path.read_text())
        at = datetime.fromisoformat(facts["at"]).astimezone(UTC).isoformat()
        return read_proof({**facts, "at": at}, Checkpoint)
    except (OSError, ValueError, TypeError, KeyError, BadLine) as error:
        raise Refused(f"{path} is no checkpoint.", exit_code=2) from error


def _shown(state: FileState) -> dict[str, Any]:
    note = ""
    if state.removed:
        note = (
            f"entries 1 to {state.removed} were removed by retention "
            f"on {state.removed_on}"
        )
    return {
        "entries": state.entries,
        "filtered": state.filtered,
        "removed": state.removed,
        "note": note,
        "checkpoints": state.checkpoints,
        "kept": list(state.kept),
        "broken_at": state.broken_at,
        "reason": state.reason,
    }
