"""What an entry of the trail is, how entries are chained, and what bounds them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from hashlib import sha256
from typing import ClassVar
from uuid import UUID

from fairlead.kernel.events import Event
from fairlead.kernel.principal import Origin, Principal, TenantId
from fairlead.services.audit.public import Act, ChainState, Entry

START = "0" * 64

LONGEST_NAME = 200
LONGEST_TEXT = 500
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


@dataclass(frozen=True, slots=True)
class Seal:
    """The head as it was sealed with a key that is not in the database.

    `mac` is hex; without the key nobody can make it fit an older head.
    """

    sequence: int
    digest: str
    mac: str


def shortened(text: str, longest: int) -> str:
    """Return `text` as valid UTF-8 of at most `longest` characters, marked if cut."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
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
        act=recorded.act,
        previous=after.digest,
        digest="",
    )
    return replace(entry, digest=digest_of(entry, tenant))


def digest_of(entry: Entry, tenant: TenantId) -> str:
    """Return the hex SHA-256 of the entry's canonical JSON, its `digest` left out.

    Canonical: keys sorted, no spaces, UTF-8, times in UTC as ISO 8601. The entry's
    `previous` is part of it, which makes the chain.
    """
    act = entry.act
    facts = {
        "tenant": str(tenant),
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
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def check_chain(
    entries: Iterable[Entry], *, after: Head, tenant: TenantId
) -> tuple[Head, ChainState]:
    """Follow the chain from `after`; return how far it is whole and what is wrong."""
    head = after
    for entry in entries:
        reason = _flaw(entry, head, tenant)
        if reason:
            wrong = head.sequence + 1
            return head, ChainState(
                entries=head.sequence, broken_at=wrong, reason=reason
            )
        head = Head(entry.sequence, entry.digest)
    return head, ChainState(entries=head.sequence)


def _flaw(entry: Entry, head: Head, tenant: TenantId) -> str:
    if entry.sequence != head.sequence + 1:
        return f"entry {head.sequence + 1} is missing"
    if entry.previous != head.digest:
        return f"entry {entry.sequence} does not follow the one before"
    if entry.digest != digest_of(entry, tenant):
        return f"entry {entry.sequence} was changed"
    return ""


def check_seal(head: Head, seal: Seal | None, *, fits: bool) -> ChainState:
    """Tell whether a whole chain that ends at `head` is all that was written.

    `fits`: the key made the seal.
    """
    whole = ChainState(entries=head.sequence)
    last = head.sequence
    if seal is None:
        reason = f"the seal of entry {last} is missing" if last else ""
    elif not fits:
        reason = "the seal was changed, or its key was replaced"
    elif seal.sequence > last:
        reason = (
            f"entries {last + 1} to {seal.sequence} are missing: "
            "the trail was cut off at its end"
        )
        last += 1
    elif seal.sequence < last:
        reason = f"entry {seal.sequence + 1} was added past the seal"
        last = seal.sequence + 1
    else:
        reason = "" if seal.digest == head.digest else f"entry {last} was replaced"
    return replace(whole, broken_at=last, reason=reason) if reason else whole
