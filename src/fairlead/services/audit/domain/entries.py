"""What an entry of the trail is, how its digest is made, and what bounds it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from fairlead.kernel.events import Event
from fairlead.kernel.principal import Origin, Principal, TenantId
from fairlead.services.audit.public import Act, Entry

START = "0" * 64
FORMAT = 2  # of the digests of new entries; 1: without the trace id
FORMATS = (1, FORMAT)

LONGEST_NAME = 200
LONGEST_TEXT = 500
LONGEST_TRACE = 64
MOST_DETAILS = 20
MARK = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRecorded(Event):
    """Somebody did or tried something; the trail takes it in."""

    topic: ClassVar[str] = "audit.entry.recorded"

    act: Act


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a chain; `sequence` 0 and `START` before the first."""

    sequence: int = 0
    digest: str = START


def shortened(text: str, longest: int) -> str:
    """Return `text` as every database keeps it, marked if it was cut to `longest`.

    That is valid UTF-8 without NUL.
    """
    clean = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
    return clean if len(clean) <= longest else clean[: longest - 1] + MARK


def bounded_act(act: Act) -> Act:
    """Return `act` with every text cut to a sane length."""
    return replace(
        act,
        action=shortened(act.action, LONGEST_NAME),
        target=shortened(act.target, LONGEST_NAME),
        scope=shortened(act.scope, LONGEST_NAME),
        details=_bounded_details(act.details),
    )


def bounded_caller(who: Principal) -> Principal:
    """Return `who` with what a client said of itself cut to a sane length."""
    origin = Origin(
        address=shortened(who.origin.address, LONGEST_NAME),
        user_agent=shortened(who.origin.user_agent, LONGEST_TEXT),
        request_id=shortened(who.origin.request_id, LONGEST_NAME),
        trace_id=shortened(who.origin.trace_id, LONGEST_TRACE),
    )
    return replace(who, name=shortened(who.name, LONGEST_NAME), origin=origin)


def _bounded_details(details: Mapping[str, str]) -> dict[str, str]:
    kept = {
        shortened(str(name), LONGEST_NAME): shortened(str(value), LONGEST_TEXT)
        for name, value in list(details.items())[:MOST_DETAILS]
    }
    if len(details) > MOST_DETAILS:
        kept[MARK] = f"{len(details) - MOST_DETAILS} more"
    return kept


def counted(act: Act, left_out: int) -> Act:
    """Return `act` with how many alike were left out before it."""
    return replace(act, details={**act.details, "left_out_before": str(left_out)})


def chained(
    recorded: EntryRecorded, *, entry_id: UUID, after: Head, tenant: TenantId
) -> Entry:
    """Return the entry that follows `after`, with its digest."""
    who = recorded.actor
    entry = Entry(
        sequence=after.sequence + 1,
        id=entry_id,
        at=recorded.at.astimezone(UTC),
        actor=who.name,
        actor_id=who.id,
        actor_kind=who.kind.value,
        address=who.origin.address,
        user_agent=who.origin.user_agent,
        request_id=who.origin.request_id,
        trace_id=who.origin.trace_id,
        act=recorded.act,
        format=FORMAT,
        previous=after.digest,
        digest="",
    )
    return replace(entry, digest=digest_of(entry, tenant))


def digest_of(entry: Entry, tenant: TenantId) -> str:
    """Return the hex SHA-256 of the canonical JSON of the entry and its tenant.

    Its `digest` is left out; its `previous` is part of it, which makes the chain.
    """
    facts = {"tenant": str(tenant), **facts_of(entry)}
    return sha256(canonical(facts)).hexdigest()


def facts_of(entry: Entry) -> dict[str, Any]:
    """Return what the digest covers, the tenant left out; format 1 knew no traces."""
    act = entry.act
    facts: dict[str, Any] = {
        "sequence": entry.sequence,
        "id": str(entry.id),
        "at": entry.at.astimezone(UTC).isoformat(),
        "actor": entry.actor,
        "actor_id": str(entry.actor_id),
        "actor_kind": entry.actor_kind,
        "address": entry.address,
        "user_agent": entry.user_agent,
        "request_id": entry.request_id,
        "action": act.action,
        "target": act.target,
        "scope": act.scope,
        "outcome": act.outcome.value,
        "details": dict(act.details),
        "previous": entry.previous,
    }
    if entry.format > 1:
        facts["format"] = entry.format
    if entry.format > 1 or entry.trace_id:
        facts["trace_id"] = entry.trace_id
    return facts


def canonical(facts: Mapping[str, Any]) -> bytes:
    """Return JSON with keys sorted and no spaces, in UTF-8."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()
