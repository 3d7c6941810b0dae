"""Lists cost the same in a long trail: each filter is looked up in an index."""

import sqlite3
from typing import Any

import pytest
from sqlalchemy.dialects import sqlite
from tests.integration.services.audit.rig import OURS, Trail

from fairlead.adapters.sql.connection import Parameters, Rows
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.kernel.paging import PageRequest
from fairlead.services.audit.public import EntryFilter, Outcome, moment
from fairlead.services.audit.sql import SqlEntryStore

SINCE = moment("since", "2026-01-01T00:00:00Z")
TIME = "tenant_id_at"


class Explained:
    """Reads as its connection does, and keeps how SQLite does it."""

    def __init__(self, database: SqliteDatabase) -> None:
        self.plans: list[str] = []
        self._connection = database.connection()
        self._file = database.file

    async def execute(
        self, statement: Any, parameters: Parameters | None = None
    ) -> Rows:
        text = statement.compile(
            dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
        )
        with sqlite3.connect(self._file) as connection:
            rows = connection.execute(f"EXPLAIN QUERY PLAN {text}").fetchall()
        connection.close()
        self.plans += [str(row[3]) for row in rows]
        return await self._connection.execute(statement, parameters)


@pytest.mark.parametrize("trail", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (EntryFilter(), TIME),
        (EntryFilter(since=SINCE), TIME),
        (EntryFilter(action="a.b.c"), "action_at"),
        (EntryFilter(action="boats.*"), "action_at"),
        (EntryFilter(actor="ada"), "actor_at"),
        (EntryFilter(outcome=Outcome.REFUSED), "outcome_at"),
        (EntryFilter(target="boats/1"), "target_at"),
        (EntryFilter(scope="/"), "scope_at"),
        (EntryFilter(address="::1"), "address_at"),
        (EntryFilter(request_id="r"), "request_id_at"),
        (EntryFilter(trace_id="t"), "trace_id_at"),
        (EntryFilter(actor="ada", since=SINCE), "actor_at"),
        (EntryFilter(outcome=Outcome.DONE, target="boats/1"), "target_at"),
        (EntryFilter(action="boats.*", outcome=Outcome.DONE), "action_at"),
    ],
)
async def test_every_filter_has_an_index_in_the_order_of_the_list(
    trail: Trail, wanted: EntryFilter, index: str
) -> None:
    """So the first page and the next ones read no more than they show."""
    await trail.fill(3)
    assert isinstance(trail.database, SqliteDatabase)
    explained = Explained(trail.database)
    store = SqlEntryStore(explained, OURS)  # type: ignore[arg-type]
    page = await store.list(wanted, PageRequest(limit=1))
    if page.next:
        await store.list(wanted, PageRequest(limit=1, after=page.next))
    lists = [plan for plan in explained.plans if "SEARCH audit_entries" in plan]

    assert any(index in plan for plan in lists)
    assert not any("TEMP B-TREE" in plan for plan in explained.plans)
    assert not any("SCAN audit_entries" in plan for plan in explained.plans)
