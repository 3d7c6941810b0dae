"""What somebody did to the database behind our back is found."""

import pytest
from tests.integration.services.audit.rig import ADA, OURS, US, Trail

from fairlead.services.audit.domain.entries import Head
from fairlead.services.audit.public import TrailBroken
from fairlead.services.audit.seals import KeySealer
from fairlead.services.audit.signing import KeySigner

SWAP = (
    "UPDATE audit_entries SET sequence = -2 WHERE sequence = 2",
    "UPDATE audit_entries SET sequence = 2 WHERE sequence = 3",
    "UPDATE audit_entries SET sequence = 3 WHERE sequence = -2",
)


@pytest.mark.parametrize(
    ("changes", "broken_at", "reason"),
    [
        (("UPDATE audit_entries SET actor = 'eve' WHERE sequence = 3",), 3, "changed"),
        (("UPDATE audit_entries SET details = '{}' WHERE sequence = 2",), None, ""),
        (
            ("UPDATE audit_entries SET outcome = 'refused' WHERE sequence = 2",),
            2,
            "entry 2 was changed",
        ),
        (("UPDATE audit_entries SET trace_id = 'x' WHERE sequence = 2",), 2, "changed"),
        (("UPDATE audit_entries SET format = 1 WHERE sequence = 2",), 2, "changed"),
        (("UPDATE audit_entries SET format = 3 WHERE sequence = 2",), 2, "unknown"),
        (("DELETE FROM audit_entries WHERE sequence = 4",), 4, "entry 4 is missing"),
        (("DELETE FROM audit_entries WHERE sequence = 1",), 1, "entry 1 is missing"),
        (SWAP, 2, "entry 2 does not follow"),
        (("DELETE FROM audit_entries WHERE sequence > 3",), 4, "cut off at its end"),
        (("DELETE FROM audit_entries",), 1, "cut off at its end"),
        (("DELETE FROM audit_seals",), 5, "seal of entry 5 is missing"),
    ],
)
async def test_edited_removed_moved_and_cut_off_entries_are_found(
    trail: Trail, changes: tuple[str, ...], broken_at: int | None, reason: str
) -> None:
    """Somebody with the database and without the triggers cannot hide a change."""
    await trail.fill(5)
    for change in changes:
        trail.hand(change)
    state = await trail.verify()

    assert state.broken_at == broken_at
    assert reason in state.reason


@pytest.mark.parametrize("sequence", [0, -1])
async def test_what_was_put_before_the_first_entry_is_found(
    trail: Trail, sequence: int
) -> None:
    """A list would show it, though it is no part of the chain."""
    await trail.fill(2)
    trail.hand(
        f"UPDATE audit_entries SET sequence = {sequence} "  # noqa: S608
        "WHERE sequence = 2"
    )
    state = await trail.verify()

    assert state.broken_at == sequence
    assert "was added before the first one" in state.reason


async def test_an_older_seal_cannot_be_forged(trail: Trail) -> None:
    """For want of the key."""
    await trail.fill(3)
    trail.hand("DELETE FROM audit_entries WHERE sequence > 2")
    trail.hand(
        "UPDATE audit_seals SET sequence = 2, "
        "digest = (SELECT digest FROM audit_entries WHERE sequence = 2)"
    )
    state = await trail.verify()

    assert (state.broken_at, "seal was changed" in state.reason) == (2, True)


async def test_a_chain_made_anew_does_not_fit_the_seal(trail: Trail) -> None:
    """Whoever can compute digests lacks the key all the same."""
    await trail.fill(4)
    await trail.chain_anew(2, actor="eve")
    state = await trail.verify()

    assert (state.broken_at, state.reason) == (4, "entry 4 was replaced")


async def seal_anew(trail: Trail, sequence: int, digest: str) -> None:
    """Seal as somebody who has stolen the key of the seals, too."""
    sealer = KeySealer.of(trail.home / "keys")
    seal = sealer.seal(Head(sequence, digest), OURS)
    trail.hand(
        f"UPDATE audit_seals SET sequence = {seal.sequence}, "  # noqa: S608
        f"digest = '{seal.digest}', mac = '{seal.mac}'"
    )


async def test_a_chain_made_anew_does_not_fit_a_checkpoint(trail: Trail) -> None:
    """Not even with the key of the seals."""
    await trail.fill(3)
    await trail.checkpoint()
    last = await trail.chain_anew(2, actor="eve")
    await seal_anew(trail, 4, last)
    state = await trail.verify()

    assert state.broken_at == 3
    assert "rewritten: checkpoint 1 was taken of another entry 3" in state.reason


async def test_a_trail_cut_off_before_a_checkpoint_is_found(trail: Trail) -> None:
    """Also where the seal was made to fit."""
    await trail.fill(3)
    await trail.checkpoint()
    kept = (await trail.entries())[-2]
    trail.hand("DELETE FROM audit_entries WHERE sequence > 2")
    await seal_anew(trail, 2, kept.digest)
    state = await trail.verify()

    assert kept.sequence == 2
    assert state.broken_at == 3
    assert "entries 3 to 3 are missing: checkpoint 1" in state.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("DELETE FROM audit_checkpoints WHERE number = 1", "checkpoint 1 is missing"),
        ("DELETE FROM audit_checkpoints WHERE number = 2", "checkpoint 2 is missing"),
        ("DELETE FROM audit_checkpoints", "checkpoint 1 is missing"),
        (
            "UPDATE audit_checkpoints SET sequence = sequence + 1 WHERE number = 2",
            "checkpoint 2 was changed or forged",
        ),
        (
            "UPDATE audit_checkpoints SET at = '2020-01-01 00:00:00' WHERE number = 1",
            "checkpoint 1 was changed or forged",
        ),
        (
            "UPDATE audit_checkpoints SET signature = 'x' WHERE number = 1",
            "checkpoint 1 was changed or forged",
        ),
        (
            "UPDATE audit_checkpoints SET key_id = 'mine' WHERE number = 1",
            "checkpoint 1 is signed with a key that is not ours",
        ),
    ],
)
async def test_removed_and_forged_checkpoints_are_found(
    trail: Trail, change: str, reason: str
) -> None:
    """The chain itself tells how many there must be."""
    await trail.fill(2)
    await trail.checkpoint()
    await trail.fill(1)
    await trail.checkpoint()
    whole = await trail.verify()
    trail.hand(change)
    state = await trail.verify()

    assert (whole.broken_at, whole.checkpoints) == (None, 2)
    assert state.broken_at
    assert reason in state.reason


async def test_nothing_broken_is_signed(trail: Trail) -> None:
    """A checkpoint would else vouch for it."""
    await trail.fill(2)
    first = await trail.checkpoint()
    await trail.fill(2)
    trail.hand("UPDATE audit_entries SET actor = 'eve' WHERE sequence = 4")
    with pytest.raises(TrailBroken, match="broken at 4"):
        await trail.checkpoint()
    state = await trail.verify()

    assert first.number == 1
    assert (state.broken_at, state.checkpoints) == (4, 1)


async def test_a_forged_checkpoint_does_not_stop_the_next_ones(trail: Trail) -> None:
    """By standing at the end of the trail, unsigned."""
    await trail.fill(2)
    await trail.checkpoint()
    trail.hand("UPDATE audit_checkpoints SET sequence = 1000")
    with pytest.raises(TrailBroken, match="checkpoint 1 was changed or forged"):
        await trail.checkpoint()


EVERYTHING = ("audit_entries", "audit_seals", "audit_checkpoints")


@pytest.mark.parametrize("more", [0, 3])
async def test_a_database_that_was_emptied_is_found(trail: Trail, more: int) -> None:
    """The last checkpoint lies beside the keys, too; and nothing new is signed."""
    await trail.fill(3)
    await trail.checkpoint()
    for table in EVERYTHING:
        trail.hand(f"DELETE FROM {table}")  # noqa: S608
    await trail.fill(more)
    state = await trail.verify()

    assert state.broken_at
    reason = "rewritten: checkpoint 1" if more else "entries 1 to 3 are missing"
    assert reason in state.reason
    with pytest.raises(TrailBroken, match="checkpoint 1 was taken, and is missing"):
        await trail.checkpoint()


async def test_a_database_of_an_earlier_day_is_found(trail: Trail) -> None:
    """Put back with all that was in it then, also with the seal."""
    await trail.fill(2)
    await trail.checkpoint()
    digest = (await trail.entries())[0].digest
    await trail.fill(2)
    await trail.checkpoint()
    trail.hand("DELETE FROM audit_entries WHERE sequence > 3")
    trail.hand("DELETE FROM audit_checkpoints WHERE number > 1")
    await seal_anew(trail, 3, digest)
    state = await trail.verify()

    assert state.broken_at == 4
    assert "entries 4 to 5 are missing: checkpoint 2" in state.reason


async def test_jobs_sign_nothing_when_nothing_happened(trail: Trail) -> None:
    """The entry that tells of the last checkpoint is nothing new; a person's is."""
    await trail.fill(1)
    first = await trail.checkpoint(US)
    again = await trail.checkpoint(US)
    asked = await trail.checkpoint(ADA)

    assert (first, asked.number) == (again, 2)
    assert (await trail.verify()).broken_at is None


async def test_what_an_older_key_signed_stays_good(trail: Trail) -> None:
    """Moving the key away makes a new one; the public half of the old one stays."""
    await trail.fill(1)
    old = await trail.checkpoint()
    (trail.home / "keys" / "audit-ed25519.key").unlink()
    fresh = KeySigner(trail.home / "keys")

    assert fresh.key_id() != old.key_id
    assert fresh.knows(old.key_id)
    keys = [key.id for key in fresh.public_keys()]
    assert keys == [fresh.key_id(), old.key_id]
