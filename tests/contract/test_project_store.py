"""Every ProjectStore keeps the promises of its port."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.kernel.reach import Reach
from fairlead.modules.projects.memory import MemoryProjectStore
from fairlead.modules.projects.ports import ProjectStore
from fairlead.modules.projects.public import (
    Project,
    ProjectNameTaken,
    ProjectNotFound,
)
from fairlead.modules.projects.sql import SqlProjectStore
from fairlead.testing.database import (
    BACKENDS,
    OpenDatabase,
    migrated_database,
    schema_differences,
)
from fairlead.testing.fakes import NullWork

OURS, THEIRS = TenantId(UUID(int=70)), TenantId(UUID(int=71))
ALL = Reach(everywhere=True)


@dataclass(frozen=True)
class Place:
    """Stores of two tenants over one database, and units of work."""

    ours: ProjectStore
    theirs: ProjectStore
    work: AbstractAsyncContextManager[Any]

    async def add(self, *projects: Project) -> None:
        async with self.work:
            for project in projects:
                await self.ours.add(project)


@pytest.fixture(params=["memory", *BACKENDS])
async def place(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Place]:
    if request.param == "memory":
        rows: dict[Any, Project] = {}
        stores = (MemoryProjectStore(rows, OURS), MemoryProjectStore(rows, THEIRS))
        yield Place(*stores, NullWork())
        return
    async with open_database(request.param, ["projects"]) as database:
        connection = database.connection()
        yield Place(
            SqlProjectStore(connection, OURS),
            SqlProjectStore(connection, THEIRS),
            SqlUnitOfWork(connection),
        )


def project(number: int, name: str) -> Project:
    return Project(
        id=UUID(int=number),
        name=name,
        repository=f"/srv/{name}",
        branch="",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


async def test_what_was_added_is_found_by_id_and_name(place: Place) -> None:
    await place.add(hello := project(1, "hello"))

    assert await place.ours.get(hello.id) == hello
    assert await place.ours.find("hello") == hello


async def test_a_name_is_taken_once_per_tenant(place: Place) -> None:
    """And the unit of work goes on after the refusal."""
    await place.add(project(1, "hello"))
    async with place.work:
        with pytest.raises(ProjectNameTaken):
            await place.ours.add(project(2, "hello"))
        await place.theirs.add(project(3, "hello"))

    assert (await place.theirs.find("hello")).id == UUID(int=3)


async def test_nothing_crosses_between_tenants(place: Place) -> None:
    await place.add(project(1, "hello"))
    with pytest.raises(ProjectNotFound):
        await place.theirs.get(UUID(int=1))
    with pytest.raises(ProjectNotFound):
        await place.theirs.find("hello")
    async with place.work:
        with pytest.raises(ProjectNotFound):
            await place.theirs.remove(UUID(int=1))
        with pytest.raises(ProjectNotFound):
            await place.theirs.save(project(1, "hello"))

    assert (await place.theirs.list(ALL, PageRequest())).items == ()
    assert (await place.ours.get(UUID(int=1))).name == "hello"


async def test_lists_are_by_name_in_pages(place: Place) -> None:
    await place.add(*(project(n, name) for n, name in enumerate("cab", start=1)))

    page = await place.ours.list(ALL, PageRequest(limit=2))
    rest = await place.ours.list(ALL, PageRequest(limit=2, after=page.next))

    assert [each.name for each in page.items] == ["a", "b"]
    assert ([each.name for each in rest.items], rest.next) == (["c"], None)
    with pytest.raises(BadPage):
        await place.ours.list(ALL, PageRequest(after="nonsense"))


async def test_lists_keep_within_reach(place: Place) -> None:
    await place.add(project(1, "a"), project(2, "b"))
    reach = Reach(everywhere=False, projects=frozenset({UUID(int=2)}))

    found = await place.ours.list(reach, PageRequest())
    nothing = await place.ours.list(Reach(everywhere=False), PageRequest())

    assert [each.name for each in found.items] == ["b"]
    assert nothing.items == ()


async def test_saving_replaces_and_removing_frees_the_name(place: Place) -> None:
    await place.add(hello := project(1, "hello"))
    changed = replace(hello, repository="/srv/other", branch="main")
    async with place.work:
        await place.ours.save(changed)
    assert await place.ours.get(hello.id) == changed
    async with place.work:
        await place.ours.remove(hello.id)
        await place.ours.add(project(2, "hello"))

    with pytest.raises(ProjectNotFound):
        await place.ours.get(hello.id)


async def test_tables_and_migrations_agree(tmp_path: Path) -> None:
    async with migrated_database(tmp_path, ["projects"]) as database:
        assert schema_differences(database.file, ["projects"]) == []
