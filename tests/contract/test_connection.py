"""Every Connection, with its unit of work, keeps the promises of its port."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateTable

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.errors import violates
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.testing.database import BACKENDS, OpenDatabase

one_name = UniqueConstraint("name", name="uq_boats_name")
boats = Table(
    "boats",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(20), nullable=False),
    one_name,
)


@pytest.fixture(params=BACKENDS)
async def database(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Database]:
    async with open_database(request.param) as database:
        connection = database.connection()
        async with SqlUnitOfWork(connection):
            await connection.execute(CreateTable(boats))
        yield database


async def add(connection: Connection, name: str) -> None:
    await connection.execute(boats.insert(), {"name": name})


async def failing(connection: Connection, work: SqlUnitOfWork, name: str) -> None:
    async with work:
        await add(connection, name)
        raise KeyError


async def names(database: Database) -> list[str]:
    rows = await database.connection().execute(select(boats.c.name).order_by("id"))
    return [str(name) for name in rows.scalars()]


async def test_a_clean_exit_commits(database: Database) -> None:
    """What a unit of work wrote is seen by others once it is left, not before."""
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await add(connection, "ada")
        inside = await connection.execute(select(boats.c.name))
        assert inside.scalars().all() == ["ada"]
        assert await names(database) == []

    assert await names(database) == ["ada"]


async def test_an_error_rolls_back_and_is_not_hidden(database: Database) -> None:
    """Nothing of a failed unit of work stays; the next one on it works."""
    connection = database.connection()
    work = SqlUnitOfWork(connection)
    with pytest.raises(KeyError):
        await failing(connection, work, "ada")
    async with work:
        await add(connection, "bob")

    assert await names(database) == ["bob"]


async def test_a_violated_constraint_leaves_the_rest(database: Database) -> None:
    """The statement is undone, named, and the unit of work may go on."""
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await add(connection, "ada")
        with pytest.raises(IntegrityError) as caught:
            await add(connection, "ada")
        await add(connection, "bob")

    assert violates(caught.value, one_name)
    assert await names(database) == ["ada", "bob"]


async def test_concurrent_units_all_commit_but_the_failed(database: Database) -> None:
    """A unit that fails between others that share its commit harms none of them."""

    async def unit(number: int) -> None:
        connection = database.connection()
        async with SqlUnitOfWork(connection):
            await add(connection, f"boat-{number}")
            await asyncio.sleep(0)
            if number % 5 == 0:
                raise KeyError

    results = await asyncio.gather(
        *(unit(number) for number in range(50)), return_exceptions=True
    )

    assert sum(isinstance(result, KeyError) for result in results) == 10
    kept = {f"boat-{number}" for number in range(50) if number % 5}
    assert set(await names(database)) == kept


async def test_nested_units_are_a_bug(database: Database) -> None:
    """Entering a unit of work inside itself is refused; the outer one goes on."""
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await add(connection, "ada")
        with pytest.raises(ValueError, match="open already"):
            await SqlUnitOfWork(connection).__aenter__()

    assert await names(database) == ["ada"]


async def test_writes_outside_a_unit_are_a_bug(database: Database) -> None:
    """Nothing is written where no unit of work is open, however it is asked for."""
    connection = database.connection()
    with pytest.raises(ValueError, match="outside a unit of work"):
        await add(connection, "ada")
    with pytest.raises(ValueError, match="outside a unit of work"):
        await connection.execute(text("DELETE FROM boats"))
    with pytest.raises(ValueError, match="outside a unit of work"):
        await connection.execute_many(boats.insert(), [{"name": "ada"}])
    with pytest.raises(ValueError, match="outside a unit of work"):
        await connection.execute_long(text("DELETE FROM boats"))


async def test_a_cancelled_unit_rolls_back_and_frees_the_lock(
    database: Database,
) -> None:
    """Cancelled inside, a unit undoes its own change and lets the next one in."""
    entered = asyncio.Event()

    async def stuck() -> None:
        connection = database.connection()
        async with SqlUnitOfWork(connection):
            await add(connection, "stuck")
            entered.set()
            await asyncio.Event().wait()

    async def other() -> None:
        connection = database.connection()
        async with SqlUnitOfWork(connection):
            await add(connection, "other")

    first = asyncio.create_task(stuck())
    await entered.wait()
    waiting = asyncio.create_task(other())
    hopeless = asyncio.create_task(other())
    await asyncio.sleep(0)
    hopeless.cancel()
    first.cancel()
    await asyncio.wait_for(waiting, 30)

    assert first.cancelled() or await asyncio.wait({first})
    assert await names(database) == ["other"]


async def test_a_cancel_while_committing_loses_nothing(database: Database) -> None:
    """Those who share a commit with a cancelled waiter are durable all the same."""

    async def unit(number: int) -> None:
        connection = database.connection()
        async with SqlUnitOfWork(connection):
            await add(connection, f"boat-{number}")

    tasks = [asyncio.create_task(unit(number)) for number in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(results[3], asyncio.CancelledError)
    assert [result for result in results if result is None] == [None] * 9
    assert len(await names(database)) >= 9


async def test_callbacks_run_after_the_commit_only(database: Database) -> None:
    """A callback sees the committed change; that of a failed unit never runs."""
    called: list[str] = []
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        connection.after_commit(lambda: called.append("kept"))
        assert called == []
    await connection.begin()
    connection.after_commit(lambda: called.append("lost"))
    connection.rollback()
    async with SqlUnitOfWork(connection):
        await add(connection, "ada")

    assert called == ["kept"]


async def test_results_are_buffered(database: Database) -> None:
    """A result can be read after the unit of work and other statements ended."""
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        added = await connection.execute_many(
            boats.insert().returning(boats.c.name), [{"name": "ada"}, {"name": "bob"}]
        )
        returned = await connection.execute(
            boats.insert().values(name="eve").returning(boats.c.id, boats.c.name)
        )
        before = await connection.execute(select(boats).order_by(boats.c.id))
        gone = await connection.execute(boats.delete())
    long = await connection.execute_long(select(boats))

    assert added.scalars().all() == ["ada", "bob"]
    assert returned.mappings().one()["name"] == "eve"
    assert [row["name"] for row in before.mappings()] == ["ada", "bob", "eve"]
    assert gone.rowcount == 3
    assert long.all() == []
