"""The condition of a query holds for exactly the rows that the reach holds for."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Uuid, select, union_all
from sqlalchemy import literal as value

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.reach import reached
from fairlead.kernel.reach import Reach
from fairlead.testing.database import OpenDatabase

PROJECTS = [UUID(int=100 + number) for number in range(3)]
PLACES = {UUID(int=200 + number): PROJECTS[number // 2] for number in range(6)}
Row = tuple[UUID | None, UUID | None]
ROWS: list[Row] = [
    (None, None),
    *((project, None) for project in PROJECTS),
    *((project, place) for place, project in PLACES.items()),
]

projects = st.frozensets(st.sampled_from(PROJECTS))
places = st.frozensets(
    st.tuples(st.sampled_from(PROJECTS), st.sampled_from(sorted(PLACES)))
)
reaches = st.builds(
    Reach,
    everywhere=st.booleans(),
    projects=projects,
    environments=places,
    without_projects=projects,
    without_environments=places,
)
one_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows() -> Any:
    """Return a table of `ROWS` that is in no database."""
    return union_all(
        *(
            select(
                value(project, Uuid).label("project"), value(place, Uuid).label("place")
            )
            for project, place in ROWS
        )
    ).subquery()


async def found(connection: Connection, reach: Reach, *, within: bool) -> set[Row]:
    table = rows()
    condition = reached(
        reach,
        project=table.c.project,
        environment=table.c.place if within else None,
    )
    result = await connection.execute(select(table).where(condition))
    return {(project, place) for project, place in result.all()}


async def compare(connection: Connection, reach: Reach) -> None:
    """Compare in environments, and where rows belong to their project as a whole."""
    places = await found(connection, reach, within=True)
    assert places == {row for row in ROWS if reach.holds(*row)}
    whole = await found(connection, reach, within=False)
    assert whole == {row for row in ROWS if reach.holds(row[0])}


@pytest.fixture
async def sqlite(open_database: OpenDatabase) -> AsyncIterator[Connection]:
    async with open_database("sqlite") as database:
        yield database.connection()


@pytest.fixture
async def postgres(open_database: OpenDatabase) -> AsyncIterator[Connection]:
    async with open_database("postgresql") as database:
        yield database.connection()


@settings(one_database, max_examples=300)
@given(reach=reaches)
async def test_rows_in_sqlite_are_found_where_the_reach_holds(
    sqlite: Connection, reach: Reach
) -> None:
    """In the tenant (ids are null there), in whole projects and in environments.

    Some are named together with a project they do not lie in: no row is found by that.
    """
    await compare(sqlite, reach)


@settings(one_database, max_examples=100)
@given(reach=reaches)
async def test_rows_in_postgresql_are_found_where_the_reach_holds(
    postgres: Connection, reach: Reach
) -> None:
    """The same, with its own way of taking nulls."""
    await compare(postgres, reach)
