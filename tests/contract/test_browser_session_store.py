"""Every BrowserSessionStore keeps the promises of its port."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.console.memory import MemoryBrowserSessionStore, Rows
from fairlead.console.sessions import BrowserSession, BrowserSessionStore
from fairlead.console.sql import SqlBrowserSessionStore
from fairlead.kernel.principal import TenantId
from fairlead.testing.database import (
    BACKENDS,
    OpenDatabase,
    migrated_database,
    schema_differences,
)
from fairlead.testing.fakes import NullWork

OURS, THEIRS = TenantId(UUID(int=70)), TenantId(UUID(int=71))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROW = BrowserSession(
    digest="d" * 64,
    sealed=b"\x00\xff",
    created_at=NOW,
    expires_at=NOW + timedelta(days=7),
)


@dataclass(frozen=True)
class Place:
    """Stores of two tenants over one database, and units of work."""

    ours: BrowserSessionStore
    theirs: BrowserSessionStore
    work: AbstractAsyncContextManager[Any]


@pytest.fixture(params=["memory", *BACKENDS])
async def place(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Place]:
    if request.param == "memory":
        rows: Rows = {}
        yield Place(
            MemoryBrowserSessionStore(rows, OURS),
            MemoryBrowserSessionStore(rows, THEIRS),
            NullWork(),
        )
        return
    async with open_database(request.param, ["console"]) as database:
        connection = database.connection()
        yield Place(
            SqlBrowserSessionStore(connection, OURS),
            SqlBrowserSessionStore(connection, THEIRS),
            SqlUnitOfWork(connection),
        )


async def test_a_saved_session_is_found_by_its_digest(place: Place) -> None:
    async with place.work:
        await place.ours.save(ROW)

    assert await place.ours.find(ROW.digest) == ROW
    assert await place.ours.find("e" * 64) is None


async def test_saving_again_replaces(place: Place) -> None:
    renewed = replace(ROW, sealed=b"new")
    async with place.work:
        await place.ours.save(ROW)
        await place.ours.save(renewed)

    assert await place.ours.find(ROW.digest) == renewed


async def test_tenants_do_not_meet(place: Place) -> None:
    async with place.work:
        await place.ours.save(ROW)
        await place.theirs.drop(ROW.digest)
        await place.theirs.drop_expired(NOW + timedelta(days=30))

    assert await place.theirs.find(ROW.digest) is None
    assert await place.ours.find(ROW.digest) == ROW


async def test_sessions_go_when_dropped_or_over(place: Place) -> None:
    other = replace(ROW, digest="e" * 64, expires_at=NOW)
    async with place.work:
        await place.ours.save(ROW)
        await place.ours.save(other)
        await place.ours.drop_expired(NOW)

    assert await place.ours.find(other.digest) is None
    assert await place.ours.find(ROW.digest) == ROW
    async with place.work:
        await place.ours.drop(ROW.digest)
        await place.ours.drop(ROW.digest)
    assert await place.ours.find(ROW.digest) is None


async def test_the_migrated_schema_is_the_declared_one(tmp_path: Path) -> None:
    async with migrated_database(tmp_path, ["console"]) as database:
        assert schema_differences(database.file, ["console"]) == []
