"""A trail that older releases wrote verifies after the upgrade, and goes on."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import make_url
from tests.integration.services.audit.rig import ADA, OURS, Trail, act, container_of

from fairlead.adapters.bus.relay import OutboxRelay
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.migrate import migrate
from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.postgres.migrate import migrate_postgres
from fairlead.adapters.sql.settings import DatabaseSettings
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.services.audit.domain.entries import (
    EntryRecorded,
    Head,
    chained,
    digest_of,
)
from fairlead.services.audit.public import Entry
from fairlead.services.audit.seals import KeySealer
from fairlead.services.audit.settings import AuditSettings
from fairlead.testing.database import BACKENDS, migrations_of
from fairlead.testing.fakes import FrozenClock
from fairlead.testing.postgres import PostgresServer

ROW = (
    "INSERT INTO audit_entries (tenant_id, sequence, id, at, actor, actor_id, "
    "actor_kind, address, user_agent, request_id, action, target, scope, outcome, "
    "details, previous, digest) VALUES ('{tenant}', {n}, '{id}', "
    "'2026-01-01 00:00:00.000000', 'ada', '{actor}', 'user', '', '', '', "
    "'{action}', '{target}', '/', 'done', '{{}}', '{previous}', '{digest}')"
)


def written(count: int) -> list[Entry]:
    """Return entries as releases wrote them that knew no traces."""
    entries, head = list[Entry](), Head()
    for number in range(1, count + 1):
        recorded = EntryRecorded(
            at=FrozenClock().now(), aggregate="a", actor=ADA, act=act(str(number))
        )
        entry = chained(recorded, entry_id=UUID(int=number), after=head, tenant=OURS)
        entry = replace(entry, format=1)
        entry = replace(entry, digest=digest_of(entry, OURS))
        head = Head(entry.sequence, entry.digest)
        entries.append(entry)
    return entries


def statements(home: Path, show: Callable[[UUID], str]) -> list[str]:
    entries = written(3)
    rows = [
        ROW.format(
            tenant=show(OURS),
            n=entry.sequence,
            id=show(entry.id),
            actor=show(entry.actor_id),
            action=entry.act.action,
            target=entry.act.target,
            previous=entry.previous,
            digest=entry.digest,
        )
        for entry in entries
    ]
    last = entries[-1]
    seal = KeySealer.of(home / "keys").seal(Head(3, last.digest), OURS)
    values = f"('{show(OURS)}', 3, '{seal.digest}', '{seal.mac}')"
    names = "(tenant_id, sequence, digest, mac)"
    return [*rows, f"INSERT INTO audit_seals {names} VALUES {values}"]  # noqa: S608


@pytest.mark.parametrize("backend", BACKENDS)
async def test_entries_of_older_releases_stay_good(
    request: pytest.FixtureRequest, tmp_path: Path, backend: str
) -> None:
    """Digests say how they were made; what is new comes after."""
    old = tmp_path / "old"
    old.mkdir()
    whole = migrations_of("audit")
    for name in ("pre_0001_create.py", "pre_0002_seals.py"):
        shutil.copy(whole / name, old)
    database: Database
    if backend == "sqlite":
        file = tmp_path / "fairlead.db"
        migrate(file, [("audit", old)])
        with sqlite3.connect(file) as connection:
            for statement in statements(tmp_path, lambda value: value.hex):
                connection.execute(statement)
        connection.close()
        migrate(file, [("audit", whole)])
        database = SqliteDatabase(file)
    else:
        server: PostgresServer = request.getfixturevalue("postgresql")
        url = server.new([("audit", old)])
        every = "; ".join(["SET search_path = audit", *statements(tmp_path, str)])
        server.query(every, make_url(url).database or "")
        migrate_postgres(url, [("audit", whole)])
        database = PostgresDatabase(DatabaseSettings(url=url))
    await database.open()
    container = container_of(database, tmp_path, AuditSettings())
    relay = await container.get(OutboxRelay)
    await relay.open()
    trail = Trail(container, relay, database, tmp_path)
    before = await trail.verify()
    await trail.fill(1)
    after = await trail.verify()
    entries = await trail.entries()
    await relay.close()
    await container.close()
    await database.close()

    assert (before.entries, before.broken_at) == (3, None)
    assert (after.entries, after.broken_at) == (4, None)
    assert [entry.format for entry in entries] == [2, 1, 1, 1]
