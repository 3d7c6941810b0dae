"""What is too old goes from the start, and the rest stays provable."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from tests.integration.services.audit.rig import ADA, OURS, US, Trail
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.errors import DatabaseUnavailable
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.principal import Principal
from fairlead.services.audit.domain.files import FileCheck
from fairlead.services.audit.public import Anchor, TrailBroken
from fairlead.services.audit.settings import AuditSettings
from fairlead.services.audit.signing import PublicSignatures
from fairlead.services.audit.sql import SqlEntryStore, SqlProofStore
from fairlead.services.audit.sql.tables import anchors, checkpoints, entries
from fairlead.services.audit.use_cases.retention import RemoveOldEntries

MOVED = (
    "UPDATE audit_anchors SET sequence = 6, digest = "
    "(SELECT digest FROM audit_entries WHERE audit_entries.sequence = 6)"
)


async def aged(trail: Trail) -> None:
    """Make 4 entries that are too old, and 2 that are not."""
    await trail.fill(4)
    await trail.advance(days=40)
    await trail.fill(2)


async def anchor_of(trail: Trail) -> Anchor:
    found = await SqlProofStore(trail.database.connection(), OURS).anchor()
    assert found is not None
    return found


async def test_old_entries_go_and_the_rest_verifies(trail: Trail) -> None:
    await aged(trail)
    removed = await trail.retain()
    state = await trail.verify()
    left = await trail.entries()

    assert removed == 4
    assert state.broken_at is None
    assert (state.removed, state.note) == (
        4,
        "entries 1 to 4 were removed by retention on 2026-02-10",
    )
    assert [entry.sequence for entry in left] == [8, 7, 6, 5]
    assert {left[0].act.action, left[1].act.action} == {
        "audit.checkpoint.create",
        "audit.entry.remove",
    }
    assert await trail.retain() == 0


async def test_the_last_entry_always_stays(trail: Trail) -> None:
    """The chain goes on from it, however old it is."""
    await trail.fill(3)
    await trail.advance(days=400)

    assert await trail.retain() + await trail.retain() == 3
    assert (await trail.verify()).broken_at is None
    await trail.fill(1)
    assert (await trail.verify()).broken_at is None


@pytest.mark.parametrize("settings", [AuditSettings()])
async def test_everything_is_kept_by_default(trail: Trail) -> None:
    await trail.fill(2)
    await trail.advance(days=40_000)

    assert await trail.retain() == 0
    assert len(await trail.entries()) == 2


async def test_what_goes_is_archived_as_an_export(trail: Trail) -> None:
    """Which verifies by itself, and whose digest the anchor holds."""
    await aged(trail)
    await trail.retain()
    anchor = await anchor_of(trail)
    file = trail.home / "blobs" / anchor.archive
    check = FileCheck(PublicSignatures)
    for line in file.read_bytes().splitlines():
        check.take(line)
    found = check.end()

    assert anchor.archive.endswith("/1-4.jsonl")
    assert anchor.archive_digest.startswith("sha256:")
    assert (found.entries, found.broken_at, found.reason) == (4, None, "")


@pytest.mark.parametrize("settings", [AuditSettings(retention_days=30, archive=False)])
async def test_nothing_is_archived_where_that_is_set(trail: Trail) -> None:
    await aged(trail)

    assert await trail.retain() == 4
    assert (await anchor_of(trail)).archive == ""
    assert not (trail.home / "blobs").exists()


class DyingStore(SqlEntryStore):
    """Is gone before it removes anything."""

    @override
    async def remove(self, up_to: int, *, limit: int) -> int:
        raise DatabaseUnavailable("The database is gone.")


async def test_a_run_that_was_cut_off_is_gone_on_with(trail: Trail) -> None:
    """The anchor was signed, and its entries are still there."""
    await aged(trail)
    async with trail.container(context={Principal: US}) as scope:
        remove: RemoveOldEntries = await scope.get(RemoveOldEntries)
        dying = DyingStore(await scope.get(Connection), OURS)
        with pytest.raises(DatabaseUnavailable):
            await replace(remove, store=dying)()
    await trail.settle()
    between = await trail.verify()

    assert len(await trail.entries()) == 8
    assert (between.removed, between.broken_at) == (4, None)
    assert await trail.retain() == 4
    assert len(await trail.entries()) == 4
    assert (await trail.verify()).broken_at is None


async def test_nothing_comes_back_where_entries_were_removed(trail: Trail) -> None:
    """A list would show it; only what leads to the anchor may yet be there."""
    await aged(trail)
    await trail.retain()
    trail.hand("UPDATE audit_entries SET sequence = 3 WHERE sequence = 5")
    state = await trail.verify()

    assert (state.broken_at, state.removed) == (3, 4)
    assert state.reason == "entry 3 was added before the first one"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("DELETE FROM audit_anchors", "entry 1 is missing"),
        ("UPDATE audit_anchors SET sequence = 5", "anchor 1 was changed or forged"),
        (MOVED, "anchor 1 was changed or forged"),
        ("UPDATE audit_anchors SET number = 2", "anchor 1 is missing"),
        ("UPDATE audit_anchors SET key_id = 'mine'", "a key that is not ours"),
        ("UPDATE audit_anchors SET archive = ''", "anchor 1 was changed or forged"),
    ],
)
async def test_moved_and_forged_anchors_are_found(
    trail: Trail, change: str, reason: str
) -> None:
    """So nobody removes more than retention did."""
    await aged(trail)
    await trail.retain()
    trail.hand("DELETE FROM audit_entries WHERE sequence = 5")
    trail.hand(change)
    state = await trail.verify()

    assert state.broken_at is not None
    assert reason in state.reason


async def test_a_forged_anchor_makes_us_remove_nothing(trail: Trail) -> None:
    """The job looks at its signature first."""
    await aged(trail)
    await trail.checkpoint()
    trail.hand(
        "INSERT INTO audit_anchors SELECT tenant_id, 1, 5, digest, at, key_id, "
        "signature, '', '' FROM audit_checkpoints"
    )
    with pytest.raises(TrailBroken, match="anchor 1 was changed or forged"):
        await trail.retain()

    assert len(await trail.entries()) == 7


async def test_what_was_changed_is_not_removed(trail: Trail) -> None:
    """It is evidence."""
    await aged(trail)
    await trail.checkpoint()
    trail.hand("UPDATE audit_entries SET actor = 'eve' WHERE sequence = 3")
    with pytest.raises(TrailBroken, match="broken at 3"):
        await trail.retain()

    assert len(await trail.entries()) >= 7


async def test_the_database_refuses_every_other_removal(trail: Trail) -> None:
    """Of what no anchor gave up; and no anchor is taken that names what is not so."""
    await aged(trail)
    await trail.retain()
    connection = trail.database.connection()
    proofs = SqlProofStore(connection, OURS)
    last, taken = await anchor_of(trail), await proofs.checkpoint()
    assert taken is not None
    row = {**facts_of(last), "tenant_id": OURS, "number": 2}
    head = (await trail.entries())[0]
    refused = [
        entries.delete().where(entries.c.sequence == 5),
        entries.delete(),
        entries.update().values(actor="eve"),
        checkpoints.delete(),
        checkpoints.update().values(digest=""),
        anchors.delete(),
        anchors.update().values(sequence=7),
        insert(anchors).values(**{**row, "sequence": 5}),
        insert(anchors).values(**{**row, "number": 3, "sequence": 5}),
        insert(anchors).values(**{**row, "sequence": 3}),
        insert(anchors).values(
            **{**row, "sequence": head.sequence, "digest": head.digest}
        ),
        insert(checkpoints).values(
            **{**facts_of(taken), "tenant_id": OURS, "number": 2, "sequence": 7}
        ),
    ]
    async with SqlUnitOfWork(connection):
        for statement in refused:
            with pytest.raises(IntegrityError, match=r"append-only|follow the trail"):
                await connection.execute(statement)

    assert (await trail.verify()).broken_at is None
    assert len(await trail.entries(ADA)) == 4


def facts_of(proof: object) -> dict[str, object]:
    return {
        name: getattr(proof, name)
        for kind in type(proof).__mro__
        for name in getattr(kind, "__slots__", ())
    }


async def test_exports_begin_where_retention_cut(trail: Trail) -> None:
    """And they say so, signed."""
    await aged(trail)
    await trail.retain()
    lines = await trail.export()
    check = FileCheck(PublicSignatures)
    for line in lines:
        check.take(line)
    found = check.end()

    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds == ["trail", "key", "anchor", "checkpoint", *["entry"] * 4, "end"]
    assert (found.entries, found.removed, found.reason) == (4, 4, "")
    assert found.removed_on == "2026-02-10"
