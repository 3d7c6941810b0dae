"""The trail from an act to its entry, over a real database and the relay."""

import asyncio
import sqlite3

import pytest
from sqlalchemy.exc import IntegrityError
from tests.integration.services.audit.rig import ADA, EVE, OURS, Trail, act

from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.principal import Origin, Principal
from fairlead.services.audit.public import AuditTrail
from fairlead.services.audit.sql.tables import entries


async def test_acts_are_kept_with_their_change(trail: Trail) -> None:
    """Those of a unit of work that committed become entries, others do not."""
    await trail.record(ADA, "one", "two")
    await trail.record(ADA, "undone", fail=True)
    await trail.record(EVE, "foreign")
    await trail.settle()

    found = await trail.entries(ADA)
    assert {entry.act.target for entry in found} == {"boats/one", "boats/two"}
    assert [entry.sequence for entry in found] == [2, 1]
    assert [entry.actor for entry in await trail.entries(EVE)] == ["eve"]


async def test_an_act_alone_opens_its_own_unit_of_work(trail: Trail) -> None:
    """A refusal, which changes nothing, is recorded all the same."""
    async with trail.container(context={Principal: ADA}) as scope:
        await (await scope.get(AuditTrail)).record(ADA, act("alone"))
    await trail.settle()

    assert [e.act.target for e in await trail.entries(ADA)] == ["boats/alone"]


async def test_where_a_request_came_from_is_kept(trail: Trail) -> None:
    """Address, agent, request and trace."""
    origin = Origin(address="::1", user_agent="x", request_id="r", trace_id="ab" * 16)
    who = Principal(id=ADA.id, name="ada", tenant_id=OURS, origin=origin)
    await trail.record(who, "one")
    await trail.settle()
    entry = (await trail.entries())[0]

    assert (entry.address, entry.user_agent) == ("::1", "x")
    assert (entry.request_id, entry.trace_id) == ("r", "ab" * 16)


async def test_bursts_make_a_whole_chain(trail: Trail) -> None:
    """Concurrent acts are numbered without gaps and the chain verifies."""
    await asyncio.gather(*(trail.record(ADA, f"b{n}") for n in range(100)))
    await trail.settle()

    state = await trail.verify(ADA)
    assert (state.entries, state.broken_at) == (100, None)


async def test_the_database_refuses_to_change_entries(trail: Trail) -> None:
    """Neither an update nor a delete gets through."""
    await trail.record(ADA, "one")
    await trail.settle()
    connection = trail.database.connection()
    async with SqlUnitOfWork(connection):
        for statement in (entries.update().values(actor="eve"), entries.delete()):
            with pytest.raises(IntegrityError, match="append-only"):
                await connection.execute(statement)

    assert [entry.actor for entry in await trail.entries(ADA)] == ["ada"]


@pytest.mark.parametrize("trail", ["sqlite"], indirect=True)
@pytest.mark.parametrize("same", ["sequence", "id"])
async def test_the_database_refuses_to_replace_entries(trail: Trail, same: str) -> None:
    """An insert that replaces is an update by another name, for any program."""
    await trail.record(ADA, "one")
    await trail.settle()
    assert isinstance(trail.database, SqliteDatabase)
    with sqlite3.connect(trail.database.file) as connection:
        connection.row_factory = sqlite3.Row
        row = dict(connection.execute("SELECT * FROM audit_entries").fetchone())
        row |= {"actor": "eve", **({"id": "x"} if same == "sequence" else {})}
        row |= {"sequence": 2} if same == "id" else {}
        marks = ", ".join(f":{name}" for name in row)
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(
                f"INSERT OR REPLACE INTO audit_entries VALUES ({marks})",  # noqa: S608
                row,
            )
    connection.close()

    assert [entry.actor for entry in await trail.entries(ADA)] == ["ada"]
