"""Chains find every change; bounds keep entries small."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.kernel.principal import Origin, Principal, TenantId
from fairlead.services.audit.domain.chain import check_chain
from fairlead.services.audit.domain.entries import (
    LONGEST_TEXT,
    MARK,
    MOST_DETAILS,
    EntryRecorded,
    Head,
    bounded_act,
    bounded_caller,
    chained,
    shortened,
)
from fairlead.services.audit.public import Act, Entry, Outcome

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TENANT = TenantId(UUID(int=1))
ADA = Principal(id=UUID(int=7), name="ada", tenant_id=TENANT)


def chain(length: int) -> list[Entry]:
    entries: list[Entry] = []
    head = Head()
    for number in range(length):
        act = Act(action="boats.boat.sail", target=f"boats/{number}")
        recorded = EntryRecorded(at=NOW, aggregate="a", actor=ADA, act=act)
        entry = chained(recorded, entry_id=UUID(int=number), after=head, tenant=TENANT)
        entries.append(entry)
        head = Head(entry.sequence, entry.digest)
    return entries


def broken_at(entries: list[Entry], tenant: TenantId = TENANT) -> int | None:
    return check_chain(entries, after=Head(), tenant=tenant)[1].broken_at


def test_a_whole_chain_verifies() -> None:
    """All entries are counted and nothing is wrong."""
    head, state = check_chain(chain(5), after=Head(), tenant=TENANT)

    assert (state.entries, state.broken_at, state.reason) == (5, None, "")
    assert head.sequence == 5


def test_removed_moved_and_foreign_entries_are_found() -> None:
    """The first place that does not fit is named."""
    whole = chain(5)
    swapped = [whole[0], whole[2], whole[1], *whole[3:]]

    assert broken_at([*whole[:2], *whole[3:]]) == 3
    assert broken_at(swapped) == 2
    assert broken_at(whole[1:]) == 1
    assert broken_at(whole, TenantId(UUID(int=2))) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "bob"},
        {"actor_id": UUID(int=8)},
        {"at": NOW.replace(year=2025)},
        {"address": "::1"},
        {"id": UUID(int=99)},
        {"act": Act(action="boats.boat.sail", target="boats/x")},
        {"act": Act(action="boats.boat.sail", outcome=Outcome.REFUSED)},
        {"previous": "1" * 64},
        {"digest": "1" * 64},
    ],
)
def test_every_changed_field_is_found(change: dict[str, object]) -> None:
    """No part of an entry can be changed unseen."""
    entries = chain(4)
    entries[2] = replace(entries[2], **change)  # type: ignore[arg-type]

    assert broken_at(entries) == 3


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_short_texts_are_bounded_and_valid(text: str, longest: int) -> None:
    """The result fits, can be encoded, and says when something is missing."""
    short = shortened(text, longest)

    assert len(short) <= longest
    short.encode()
    assert short == text.replace("\0", "?") or len(text) > longest


@pytest.mark.parametrize("text", ["a\ud800b", "a\0b"])
def test_what_no_database_can_store_is_replaced(text: str) -> None:
    """Else a refused attempt could keep itself out of the trail."""
    assert shortened(text, 10) == "a?b"


def test_callers_and_acts_are_bounded() -> None:
    """A client cannot make an entry large."""
    origin = Origin(user_agent="x" * 10_000)
    act = Act(
        action="a" * 1_000,
        target="t" * 1_000,
        details={f"k{n}": "v" * 9_999 for n in range(100)},
    )
    who, act = bounded_caller(replace(ADA, origin=origin)), bounded_act(act)

    assert len(who.origin.user_agent) == LONGEST_TEXT
    assert who.origin.user_agent.endswith(MARK)
    assert len(act.target) == len(act.action) == 200
    assert len(act.details) == MOST_DETAILS + 1
    assert act.details[MARK] == "80 more"
    assert max(map(len, act.details.values())) == LONGEST_TEXT
