"""An exported trail is verified line by line, with public keys alone."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from fairlead.kernel.principal import Principal, TenantId
from fairlead.services.audit.domain.entries import (
    EntryRecorded,
    Head,
    chained,
    digest_of,
)
from fairlead.services.audit.domain.files import FileCheck, FileState
from fairlead.services.audit.domain.lines import (
    BadLine,
    entry_line,
    first_line,
    key_line,
    last_line,
    proof_line,
    read_entry,
    read_proof,
)
from fairlead.services.audit.domain.proofs import Signatures, signed_text
from fairlead.services.audit.memory import PlainSigner
from fairlead.services.audit.public import (
    Act,
    Anchor,
    Checkpoint,
    Entry,
    EntryFilter,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TENANT = TenantId(UUID(int=1))
ADA = Principal(id=UUID(int=7), name="ada", tenant_id=TENANT)
SIGNER = PlainSigner()


def chain(*targets: str) -> list[Entry]:
    entries: list[Entry] = []
    head = Head()
    for number, target in enumerate(targets):
        act = Act(action="boats.boat.sail", target=target, details={"ü": "grüße"})
        recorded = EntryRecorded(at=NOW, aggregate="a", actor=ADA, act=act)
        entry = chained(recorded, entry_id=UUID(int=number), after=head, tenant=TENANT)
        entries.append(entry)
        head = Head(entry.sequence, entry.digest)
    return entries


ENTRIES = chain("one", "two", "three", "four")


def signed(proof: Checkpoint) -> Checkpoint:
    return replace(proof, signature=SIGNER.sign(signed_text(proof, TENANT)))


def checkpoint(number: int, entry: Entry) -> Checkpoint:
    return signed(
        Checkpoint(
            number=number,
            sequence=entry.sequence,
            digest=entry.digest,
            at=NOW,
            key_id=SIGNER.key_id(),
        )
    )


def anchor(entry: Entry) -> Checkpoint:
    return signed(
        Anchor(
            number=1,
            sequence=entry.sequence,
            digest=entry.digest,
            at=NOW,
            key_id=SIGNER.key_id(),
            archive="audit/1-2.jsonl",
            archive_digest="sha256:0",
        )
    )


def file(
    entries: Sequence[Entry] = ENTRIES,
    *proofs: Checkpoint,
    wanted: EntryFilter = EntryFilter(),  # noqa: B008 - frozen
    ends: bool = True,
) -> list[bytes]:
    last = entries[-1]
    return [
        first_line(TENANT, wanted, at=NOW),
        key_line(SIGNER.key_id(), ""),
        *map(proof_line, proofs),
        *map(entry_line, entries),
        *([last_line(len(entries), Head(last.sequence, last.digest))] if ends else []),
    ]


def ours(_: Mapping[str, str]) -> Signatures:
    return SIGNER


def check(lines: Sequence[bytes], *kept: Checkpoint) -> FileState:
    look = FileCheck(ours, kept=kept)
    for line in lines:
        look.take(line)
    return look.end()


def test_a_whole_file_verifies() -> None:
    """Entries, checkpoints, and those that were kept elsewhere."""
    second = checkpoint(1, ENTRIES[1])
    state = check(file(ENTRIES, second), second)

    assert (state.entries, state.checkpoints, state.kept) == (4, 1, (1,))
    assert (state.broken_at, state.reason) == (None, "")


def test_what_is_written_is_read_the_same() -> None:
    for entry in (ENTRIES[0], replace(ENTRIES[0], format=1)):
        assert read_entry(json.loads(entry_line(entry))) == entry
    for proof in (checkpoint(1, ENTRIES[0]), anchor(ENTRIES[0])):
        assert read_proof(json.loads(proof_line(proof)), type(proof)) == proof


def test_entries_of_the_first_format_verify_still() -> None:
    """Their digests cover no trace id, and so none may be there."""
    old = replace(ENTRIES[0], format=1)
    old = replace(old, digest=digest_of(old, TENANT))
    traced = replace(old, trace_id="ab" * 16)

    assert old.digest != ENTRIES[0].digest
    assert check(file([old])).broken_at is None
    assert check(file([traced])).broken_at == 1


def test_a_file_begins_at_an_anchor() -> None:
    state = check(file(ENTRIES[2:], anchor(ENTRIES[1])))

    assert (state.entries, state.removed, state.broken_at) == (2, 2, None)
    assert state.removed_on == "2026-01-01"
    assert check(file(ENTRIES[2:])).reason == "entry 1 is missing"


def test_a_filtered_file_misses_nothing() -> None:
    """But each entry must be as it was, and none twice."""
    wanted = EntryFilter(actor="ada")
    some = [ENTRIES[0], ENTRIES[2]]
    state = check(file(some, wanted=wanted))
    changed = [ENTRIES[0], replace(ENTRIES[2], actor="eve")]

    assert (state.filtered, state.entries, state.broken_at) == (True, 2, None)
    assert check(file(some[::-1], wanted=wanted)).reason == "entry 1 was moved"
    assert check(file(changed, wanted=wanted)).reason == "entry 3 was changed"


Change = Callable[[list[bytes]], list[bytes]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda lines: lines[1:], "begins with a line"),
        (lambda lines: [], "cut off"),
        (lambda lines: lines[:-1], "cut off"),
        (lambda lines: [*lines, lines[-1]], "after the end"),
        (lambda lines: [*lines[:2], *lines[3:]], "entry 1 is missing"),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "entry 1 is"),
        (lambda lines: [*lines[:4], b"{}\n", *lines[4:]], "line 5 is not as it was"),
        (lambda lines: [*lines[:4], b"\xff\n", *lines[4:]], "line 5 is not as it was"),
        (lambda lines: [*lines[:4], b"[]\n", *lines[4:]], "line 5 is not as it was"),
        (lambda lines: [*lines[:4], b'{"type":"x"}\n', *lines[4:]], "not known"),
        (lambda lines: [*lines[:3], lines[1], *lines[3:]], "come before the entries"),
        (lambda lines: [*lines[:5], lines[6]], "says it has 4 entries"),
    ],
)
def test_files_that_were_changed_do_not_verify(change: Change, reason: str) -> None:
    assert reason in check(change(file())).reason


def test_nothing_but_what_a_digest_covers_is_read() -> None:
    """Else a file could hold words that nobody signed."""
    facts: dict[str, Any] = json.loads(entry_line(ENTRIES[0]))
    for other in ({"note": "x"}, {"sequence": "1"}, {"at": "2026-01-01"}):
        with pytest.raises(BadLine):
            read_entry({**facts, **other})
    with pytest.raises(BadLine):
        read_proof({"number": 1}, Checkpoint)


def test_the_past_of_a_kept_checkpoint_cannot_be_written_anew() -> None:
    """Not even by who has every key."""
    kept = checkpoint(1, ENTRIES[1])
    anew = chain("one", "other", "three", "four")
    fresh = checkpoint(1, anew[1])
    state = check(file(anew, fresh), kept)

    assert check(file(anew, fresh)).broken_at is None
    assert state.broken_at == 2
    assert "rewritten" in state.reason


def test_a_kept_checkpoint_tells_what_is_missing_at_the_end() -> None:
    state = check(file(ENTRIES[:2]), checkpoint(9, ENTRIES[3]))

    assert (state.broken_at, state.kept) == (3, ())
    assert "entries 3 to 4 are missing: checkpoint 9" in state.reason


def test_what_retention_removed_cannot_be_compared() -> None:
    """So such a checkpoint is not said to have been found."""
    kept = checkpoint(1, ENTRIES[0])
    state = check(file(ENTRIES[2:], anchor(ENTRIES[1])), kept)

    assert (state.broken_at, state.kept) == (None, ())


def test_checkpoints_of_other_keys_and_numbers_are_refused() -> None:
    theirs = replace(checkpoint(1, ENTRIES[1]), key_id="theirs")
    second = checkpoint(2, ENTRIES[1])

    assert "key that is not ours" in check(file(ENTRIES, theirs)).reason
    assert check(file(ENTRIES, second)).reason == "checkpoint 1 is missing"
    both = [checkpoint(1, ENTRIES[2]), checkpoint(2, ENTRIES[1])]
    assert "does not follow" in check(file(ENTRIES, *both)).reason
