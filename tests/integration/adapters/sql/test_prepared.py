"""Statements that are prepared answer as SQLAlchemy does."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    bindparam,
    literal,
    select,
)
from sqlalchemy.exc import MultipleResultsFound, StatementError
from sqlalchemy.schema import CreateTable

from fairlead.adapters.sql.connection import Connection, Rows
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.adapters.sql.work import SqlUnitOfWork

AT = datetime(2026, 3, 4, 5, 6, 7, 8, tzinfo=UTC)
boats = Table(
    "boats",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", String(20), nullable=False),
    Column("at", UtcDateTime),
    Column("sails", Boolean, nullable=False),
    Column("crew", JSON, nullable=False),
    Column("length", Integer),
)
NAMED = select(boats).where(boats.c.name == bindparam("name")).order_by(boats.c.id)
LONG = select(boats.c.name, boats.c.at).where(boats.c.length > bindparam("least"))
AMONG = select(boats.c.id).where(boats.c.name.in_(bindparam("names", expanding=True)))
OWN = select(boats.c.id).where(boats.c.name == bindparam("name"), literal(1) == 1)
ROWS = [
    {
        "id": UUID(int=number),
        "name": "ada" if number < 3 else "bob",
        "at": None if number == 3 else AT,
        "sails": number % 2 == 0,
        "crew": ["a", {"b": number}],
        "length": number,
    }
    for number in range(1, 4)
]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "boats.db")
    await database.open()
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await connection.execute(CreateTable(boats))
        await connection.execute_many(boats.insert(), ROWS)
    yield database
    await database.close()


async def thrice(connection: Connection, name: str) -> list[Rows]:
    return [await connection.execute(NAMED, {"name": name}) for _ in range(3)]


async def test_values_are_what_their_columns_say(database: SqliteDatabase) -> None:
    for found in await thrice(database.connection(), "ada"):
        assert [dict(row) for row in found.mappings().all()] == ROWS[:2]
    for found in await thrice(database.connection(), "bob"):
        assert [dict(row) for row in found.mappings()] == ROWS[2:]


async def test_a_row_answers_to_names_and_to_columns(database: SqliteDatabase) -> None:
    for found in await thrice(database.connection(), "ada"):
        row = found.mappings().first()
        assert row is not None
        assert row["at"] == row[boats.c.at] == AT
        assert row["id"] == row[boats.c.id] == UUID(int=1)
        with pytest.raises(KeyError):
            row["other"]


async def test_every_way_to_take_rows_is_there(database: SqliteDatabase) -> None:
    connection = database.connection()
    for _ in range(3):

        async def asked(name: str) -> Rows:
            return await connection.execute(NAMED, {"name": name})

        assert (await asked("eve")).mappings().first() is None
        assert (await asked("eve")).mappings().one_or_none() is None
        assert (await asked("eve")).first() is None
        assert (await asked("bob")).mappings().one()["length"] == 3
        assert dict((await asked("bob")).mappings().one_or_none() or {}) == ROWS[2]
        assert (await asked("bob")).scalar_one() == UUID(int=3)
        assert [row.name for row in await asked("ada")] == ["ada", "ada"]
        assert list((await asked("ada")).scalars("name")) == ["ada", "ada"]
        assert list((await asked("ada")).keys()) == list(boats.c.keys())
        with pytest.raises(MultipleResultsFound):
            (await asked("ada")).mappings().one_or_none()
        rest = await asked("ada")
        rest.fetchone()
        assert [row["length"] for row in rest.mappings()] == [2]
        some = (await asked("ada")).columns("length", "name").mappings()
        assert next(dict(row) for row in some) == {"length": 1, "name": "ada"}


async def test_a_value_that_is_missing_or_wrong_is_told_each_time(
    database: SqliteDatabase,
) -> None:
    connection = database.connection()
    told = set()
    for _ in range(3):
        with pytest.raises(StatementError) as missing:
            await connection.execute(LONG, {"most": 1})
        told.add(type(missing.value))
        assert (await connection.execute(LONG, {"least": 2})).scalar() == "bob"

    assert len(told) == 1


async def test_what_has_no_fixed_text_is_left_to_the_library(
    database: SqliteDatabase,
) -> None:
    connection = database.connection()
    for names, many in ((["ada"], 2), (["ada", "bob"], 3), ([], 0)):
        found = await connection.execute(AMONG, {"names": names})
        assert len(found.all()) == many
    for _ in range(3):
        assert len((await connection.execute(OWN, {"name": "ada"})).all()) == 2


async def test_a_unit_of_work_sees_its_own_changes_and_others_do_not(
    database: SqliteDatabase,
) -> None:
    inside, outside = database.connection(), database.connection()
    for number in (7, 8, 9):
        async with SqlUnitOfWork(inside):
            row = {**ROWS[0], "id": UUID(int=number), "name": f"n{number}"}
            await inside.execute(boats.insert(), row)
            seen = [
                (await each.execute(NAMED, {"name": f"n{number}"})).mappings().first()
                for each in (inside, outside)
            ]
        assert [row is not None for row in seen] == [True, False]
