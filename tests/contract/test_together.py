"""Units of work that are joined: all of them become durable, or none."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select
from sqlalchemy.schema import CreateTable

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.work import SqlTogether, SqlUnitOfWork
from fairlead.testing.database import BACKENDS, OpenDatabase

ducks = Table("ducks", MetaData(), Column("id", Integer, primary_key=True))


@pytest.fixture(params=BACKENDS)
async def database(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Database]:
    async with open_database(request.param) as database:
        connection = database.connection()
        async with SqlUnitOfWork(connection):
            await connection.execute(CreateTable(ducks))
        yield database


async def add(connection: Connection, work: SqlUnitOfWork, number: int) -> None:
    async with work:
        await connection.execute(ducks.insert(), {"id": number})


async def failing(connection: Connection, work: SqlUnitOfWork) -> None:
    async with SqlTogether(work)():
        await add(connection, work, 1)
        raise KeyError


async def kept(database: Database) -> list[int]:
    rows = await database.connection().execute(select(ducks.c.id).order_by("id"))
    return [int(number) for number in rows.scalars()]


async def test_all_are_committed_at_the_end(database: Database) -> None:
    connection = database.connection()
    work = SqlUnitOfWork(connection)
    heard: list[int] = []
    async with SqlTogether(work)():
        await add(connection, work, 1)
        async with work:
            connection.after_commit(lambda: heard.append(len(heard)))
        await add(connection, work, 2)
        inside = await connection.execute(select(ducks.c.id).order_by("id"))
        assert inside.scalars().all() == [1, 2]
        assert (await kept(database), heard) == ([], [])

    assert (await kept(database), heard) == ([1, 2], [0])


async def test_an_error_undoes_all(database: Database) -> None:
    connection = database.connection()
    work = SqlUnitOfWork(connection)
    with pytest.raises(KeyError):
        await failing(connection, work)
    assert await kept(database) == []

    await add(connection, work, 2)
    assert await kept(database) == [2]


async def test_a_rehearsal_keeps_nothing(database: Database) -> None:
    connection = database.connection()
    work = SqlUnitOfWork(connection)
    async with SqlTogether(work)(keep=False):
        await add(connection, work, 1)

    assert await kept(database) == []
    await add(connection, work, 2)
    assert await kept(database) == [2]
