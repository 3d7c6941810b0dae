"""The trail as JSON lines: what an export and an archive consist of.

A first line of type `trail`, then keys, anchors and checkpoints, the entries in their
order, and a last line of type `end`, without which the file is not whole.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import TenantId
from fairlead.services.audit.domain.entries import Head, canonical, facts_of
from fairlead.services.audit.domain.proofs import facts_of_proof, kind_of
from fairlead.services.audit.public import (
    Act,
    Anchor,
    Checkpoint,
    Entry,
    EntryFilter,
    Outcome,
)

VERSION = 1
ProofT = TypeVar("ProofT", bound=Checkpoint)


class BadLine(FairleadError):
    """A line is none of an export of the trail."""

    kind = ErrorKind.INVALID
    code = "audit.bad_line"


def filters_of(wanted: EntryFilter) -> dict[str, str]:
    """Return what is asked for, by the names of the query."""
    found = {
        name: getattr(wanted, name)
        for name in EntryFilter.__dataclass_fields__
        if getattr(wanted, name) is not None
    }
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name, value in found.items()
    }


def first_line(tenant: TenantId, wanted: EntryFilter, *, at: datetime) -> bytes:
    """Return the line that says what follows."""
    return _line(
        "trail",
        version=VERSION,
        tenant=str(tenant),
        at=at.astimezone(UTC).isoformat(),
        filters=filters_of(wanted),
    )


def key_line(key_id: str, x: str) -> bytes:
    """Return a public key (Ed25519, RFC 8037)."""
    return _line("key", kty="OKP", crv="Ed25519", kid=key_id, x=x)


def proof_line(proof: Checkpoint) -> bytes:
    """Return a checkpoint or an anchor."""
    facts = facts_of_proof(proof)
    return _line(kind_of(proof), **facts, signature=proof.signature)


def entry_line(entry: Entry) -> bytes:
    """Return an entry: what its digest covers, how, and the digest."""
    facts = {"trace_id": entry.trace_id, **facts_of(entry)}
    return _line("entry", **{**facts, "format": entry.format, "digest": entry.digest})


def last_line(entries: int, head: Head) -> bytes:
    """Return the line that says that this was all."""
    return _line("end", entries=entries, sequence=head.sequence, digest=head.digest)


def read_line(line: bytes) -> dict[str, Any]:
    """Return what a line says.

    Raises:
        BadLine: it is no JSON object with a type.
    """
    try:
        found = json.loads(line)
    except ValueError as error:
        raise BadLine("It is no JSON.") from error
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        raise BadLine("It is no JSON object with a type.")
    return found


def read_entry(facts: Mapping[str, Any]) -> Entry:
    """Return the entry that a line holds.

    Raises:
        BadLine: something is missing, of another kind, or too much.
    """
    try:
        entry = Entry(
            sequence=int(facts["sequence"]),
            id=UUID(facts["id"]),
            at=datetime.fromisoformat(facts["at"]),
            actor=str(facts["actor"]),
            actor_id=UUID(facts["actor_id"]),
            actor_kind=str(facts["actor_kind"]),
            address=str(facts["address"]),
            user_agent=str(facts["user_agent"]),
            request_id=str(facts["request_id"]),
            trace_id=str(facts["trace_id"]),
            act=Act(
                action=str(facts["action"]),
                target=str(facts["target"]),
                scope=str(facts["scope"]),
                outcome=Outcome(facts["outcome"]),
                details=dict(facts["details"]),
            ),
            format=int(facts["format"]),
            previous=str(facts["previous"]),
            digest=str(facts["digest"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise BadLine("It is no entry of the trail.") from error
    return _exactly(entry, facts, json.loads(entry_line(entry)))


def read_proof(facts: Mapping[str, Any], kind: type[ProofT]) -> ProofT:
    """Return the checkpoint or anchor that a line holds.

    Raises:
        BadLine: something is missing, of another kind, or too much.
    """
    try:
        known: dict[str, Any] = {
            "number": int(facts["number"]),
            "sequence": int(facts["sequence"]),
            "digest": str(facts["digest"]),
            "at": datetime.fromisoformat(facts["at"]),
            "key_id": str(facts["kid"]),
            "signature": str(facts["signature"]),
        }
        if kind is Anchor:
            known |= {
                "archive": str(facts["archive"]),
                "archive_digest": str(facts["archive_digest"]),
            }
        proof = kind(**known)
    except (KeyError, ValueError, TypeError) as error:
        raise BadLine("It is no checkpoint.") from error
    return _exactly(proof, facts, json.loads(proof_line(proof)))


T = TypeVar("T")


def _exactly(value: T, given: Mapping[str, Any], written: Mapping[str, Any]) -> T:
    """Refuse what we would write in another way: a digest would not cover it."""
    if {**given, "type": ""} != {**written, "type": ""}:
        raise BadLine("It holds something that no digest covers.")
    return value


def _line(kind: str, **facts: Any) -> bytes:
    return canonical({"type": kind, **facts}) + b"\n"
