"""Who can do something is found along indexes, however many there are."""

import sqlite3
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import sqlite

from fairlead.adapters.sql.connection import Parameters, Rows
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    Group,
    HolderKind,
    Member,
    project_scope,
)
from fairlead.services.authz.sql import (
    SqlBindingStore,
    SqlGroupStore,
    SqlHolderStore,
)
from fairlead.testing.database import migrated_database
from fairlead.testing.fakes import FrozenClock

NOW = FrozenClock().now()
GROUP = Group(id=UUID(int=1), name="crew", summary="", members=0, created_at=NOW)


class Explained:
    """Reads as its connection does, and keeps how SQLite does it."""

    def __init__(self, database: SqliteDatabase) -> None:
        self.plans: list[str] = []
        self._connection = database.connection(DEFAULT_TENANT)
        self._file = database.file

    async def execute(
        self, statement: Any, parameters: Parameters | None = None
    ) -> Rows:
        text = statement.compile(
            dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
        )
        connection = sqlite3.connect(self._file)
        rows = connection.execute(f"EXPLAIN QUERY PLAN {text}").fetchall()
        connection.close()
        self.plans += [str(row[3]) for row in rows]
        return await self._connection.execute(statement, parameters)


def bound(number: int, name: str, *, group: bool = False) -> Binding:
    return Binding(
        id=new_id(),
        principal_id=UUID(int=number),
        principal_name=name,
        principal_kind=HolderKind.GROUP if group else HolderKind.USER,
        role="viewer",
        scope=ROOT,
        created_at=NOW,
    )


async def test_pages_are_read_in_the_order_of_an_index(tmp_path: Path) -> None:
    """No sorting and no walk through a table: a page costs what it shows."""
    async with migrated_database(tmp_path, ["authz"]) as database:
        connection = database.connection(DEFAULT_TENANT)
        groups = SqlGroupStore(connection, DEFAULT_TENANT)
        bindings = SqlBindingStore(connection, DEFAULT_TENANT)
        async with SqlUnitOfWork(connection):
            await groups.add(GROUP)
            await bindings.add(bound(1, "crew", group=True))
            for number, name in enumerate(("ada", "bob", "cy"), start=10):
                member = Member(user_id=UUID(int=number), user_name=name, since=NOW)
                await bindings.add(bound(number, name))
                await groups.join(GROUP.id, member)
        explained = Explained(database)
        store = SqlHolderStore(explained, DEFAULT_TENANT)  # type: ignore[arg-type]
        roles, scopes = {"viewer", "lead"}, {ROOT, project_scope(UUID(int=5))}
        first = await store.having(roles, scopes, PageRequest(limit=1))
        page = PageRequest(limit=1, after=first.next)
        second = await store.having(roles, scopes, page)
        rights = await store.rights_of([each.user_id for each in second.items])

    assert [each.user_name for each in (*first.items, *second.items)] == ["ada", "bob"]
    assert all(len(held) == 2 for held in rights.values())
    assert any("ix_authz_bindings_holders" in plan for plan in explained.plans)
    assert any("ix_authz_members_name" in plan for plan in explained.plans)
    assert any("ix_authz_members_user" in plan for plan in explained.plans)
    for plan in explained.plans:
        assert "TEMP B-TREE" not in plan
        assert "SCAN authz_" not in plan
