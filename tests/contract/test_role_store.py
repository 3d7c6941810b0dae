"""Every RoleStore and every VersionStore keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.authz.domain import OwnRole
from fairlead.services.authz.memory import MemoryRoleStore, MemoryVersionStore
from fairlead.services.authz.ports import RoleStore, VersionStore
from fairlead.services.authz.public import RoleNameTaken
from fairlead.services.authz.sql import SqlRoleStore, SqlVersionStore
from fairlead.testing.database import BACKENDS, OpenDatabase, migrated_database
from fairlead.testing.fakes import NullWork

OTHER = TenantId(UUID(int=2))
RELEASES = OwnRole(
    name="release-manager",
    summary="Release and roll back",
    permissions=frozenset({"pipelines.run.start", "gone.thing.do"}),
    includes=frozenset({"viewer", "helper"}),
)
HELPER = OwnRole(name="helper")


@dataclass
class Made:
    """A tenant's stores."""

    roles: RoleStore
    versions: VersionStore
    work: UnitOfWork


Make = Callable[[TenantId], Made]


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        made = {
            tenant: Made(MemoryRoleStore(), MemoryVersionStore(), NullWork())
            for tenant in (DEFAULT_TENANT, OTHER)
        }
        yield lambda tenant: made[tenant]
        return
    async with open_database(request.param, ["authz"]) as database:

        def sql(tenant: TenantId) -> Made:
            connection = database.connection(tenant)
            return Made(
                SqlRoleStore(connection, tenant),
                SqlVersionStore(connection, tenant),
                SqlUnitOfWork(connection),
            )

        yield sql


def nothing(version: int) -> None:
    """Stand for a callback nobody looks at."""


async def test_roles_are_kept_whole(make: Make) -> None:
    """By name; permissions that nobody declares and includes are theirs, too."""
    made = make(DEFAULT_TENANT)
    assert await made.roles.all() == ()
    async with made.work:
        await made.roles.add(RELEASES)
        await made.roles.add(HELPER)

    assert await made.roles.all() == (HELPER, RELEASES)


async def test_a_name_is_taken_once(make: Make) -> None:
    """A refused role leaves the unit of work as it is."""
    made = make(DEFAULT_TENANT)
    async with made.work:
        await made.roles.add(HELPER)
        with pytest.raises(RoleNameTaken):
            await made.roles.add(replace(HELPER, summary="Another"))
        await made.roles.add(RELEASES)

    assert await made.roles.all() == (HELPER, RELEASES)


async def test_saving_replaces_and_makes_nothing(make: Make) -> None:
    """Nothing of what a role was stays."""
    made = make(DEFAULT_TENANT)
    changed = replace(RELEASES, includes=frozenset({"guest"}), permissions=frozenset())
    async with made.work:
        await made.roles.add(RELEASES)
        await made.roles.save(changed)
        await made.roles.save(HELPER)

    assert await made.roles.all() == (changed,)


async def test_removed_roles_are_gone(make: Make) -> None:
    """With what they included; removing twice is fine."""
    made = make(DEFAULT_TENANT)
    bare = replace(RELEASES, includes=frozenset())
    async with made.work:
        await made.roles.add(RELEASES)
        await made.roles.remove(RELEASES.name)
        await made.roles.remove(RELEASES.name)
        await made.roles.add(bare)

    assert await made.roles.all() == (bare,)


async def test_the_version_rises_and_says_so_once_durable(make: Make) -> None:
    """Each change gets its own version; the callback comes with the commit."""
    made = make(DEFAULT_TENANT)
    told: list[int] = []
    assert await made.versions.current() == 0
    async with made.work:
        assert await made.versions.bump(told.append) == 1
    assert told == [1]
    async with made.work:
        assert await made.versions.bump(nothing) == 2
    assert await made.versions.current() == 2


async def test_tenants_do_not_meet(make: Make) -> None:
    """Neither reads, changes, removes nor counts with the other."""
    ours, theirs = make(DEFAULT_TENANT), make(OTHER)
    async with ours.work:
        await ours.roles.add(RELEASES)
        await ours.versions.bump(nothing)
    async with theirs.work:
        await theirs.roles.save(replace(RELEASES, summary="Theirs"))
        await theirs.roles.remove(RELEASES.name)
        await theirs.roles.add(replace(RELEASES, includes=frozenset()))
        assert await theirs.versions.bump(nothing) == 1

    assert await ours.roles.all() == (RELEASES,)
    assert await ours.versions.current() == 1


async def test_an_undone_change_says_nothing(tmp_path: Path) -> None:
    """A rolled back version keeps what is known valid."""
    told: list[int] = []
    async with migrated_database(tmp_path, ["authz"]) as database:
        connection = database.connection()
        store = SqlVersionStore(connection, DEFAULT_TENANT)
        with pytest.raises(RuntimeError):  # noqa: PT012 - the unit of work is the act
            async with SqlUnitOfWork(connection):
                await store.bump(told.append)
                raise RuntimeError
        assert told == []
        assert await store.current() == 0
