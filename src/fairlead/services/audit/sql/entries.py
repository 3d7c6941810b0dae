"""Entries and the seal in a relational database."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    bindparam,
    func,
    literal,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.paging import Keyset
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.services.audit.domain.chain import Seal
from fairlead.services.audit.domain.entries import Head
from fairlead.services.audit.ports import EntryStore
from fairlead.services.audit.public import Act, Entry, EntryFilter, Outcome
from fairlead.services.audit.sql.tables import FILTERED, entries, seals

_NEWEST_FIRST = Keyset((entries.c.at, entries.c.sequence), descending=True)
_OF_TENANT = entries.c.tenant_id == bindparam("tenant")
_HEAD = (
    select(entries.c.sequence, entries.c.digest)
    .where(_OF_TENANT)
    .order_by(entries.c.sequence.desc())
    .limit(1)
)
_HAS = select(entries.c.sequence).where(_OF_TENANT, entries.c.id == bindparam("entry"))
_SEAL = select(seals.c.sequence, seals.c.digest, seals.c.mac).where(
    seals.c.tenant_id == bindparam("tenant")
)
_INSERT = entries.insert()


class SqlEntryStore(EntryStore):
    """Reads and appends to the `audit_entries` of one tenant."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        """Use the request's `connection`."""
        self._connection = connection
        self._tenant = tenant

    @override
    async def head(self) -> Head:
        found = await self._connection.execute(_HEAD, {"tenant": self._tenant})
        row = found.first()
        return Head() if row is None else Head(row.sequence, row.digest)

    @override
    async def has(self, entry_id: UUID) -> bool:
        wanted = {"tenant": self._tenant, "entry": entry_id}
        return (await self._connection.execute(_HAS, wanted)).first() is not None

    @override
    async def append(self, entry: Entry) -> None:
        await self._connection.execute(_INSERT, _row(entry, self._tenant))

    @override
    async def seal(self) -> Seal | None:
        found = await self._connection.execute(_SEAL, {"tenant": self._tenant})
        row = found.first()
        return None if row is None else Seal(row.sequence, row.digest, row.mac)

    @override
    async def put_seal(self, seal: Seal) -> None:
        values = asdict(seal)
        mine = seals.c.tenant_id == self._tenant
        changed = await self._connection.execute(
            seals.update().where(mine).values(**values)
        )
        if changed.rowcount == 0:
            first = seals.insert().values(tenant_id=self._tenant, **values)
            await self._connection.execute(first)

    @override
    async def list(self, wanted: EntryFilter, page: PageRequest) -> Page[Entry]:
        if wanted.prefix is None:
            query = self._matching(select(entries), wanted)
            found = await self._connection.execute(_NEWEST_FIRST.select(query, page))
            return _NEWEST_FIRST.page(found.mappings().all(), page, _entry)
        rows = await self._of_actions(await self._actions(wanted.prefix), wanted, page)
        return _NEWEST_FIRST.page(rows, page, _entry)

    async def _actions(self, prefix: str) -> Sequence[str]:
        """Return the actions that begin so; one look into the index for each there is.

        Which of them come first depends on the database's collation, so all are read.
        """
        mine = entries.c.tenant_id == self._tenant
        first = select(func.min(entries.c.action).label("action")).where(mine)
        names = first.cte("names", recursive=True)
        later = (
            select(func.min(entries.c.action))
            .where(mine, entries.c.action > names.c.action)
            .scalar_subquery()
        )
        names = names.union_all(select(later).where(names.c.action.is_not(None)))
        query = select(names.c.action).where(names.c.action.is_not(None))
        found = (await self._connection.execute(query)).scalars()
        return [action for action in found if action.startswith(prefix)]

    async def _of_actions(
        self, actions: Sequence[str], wanted: EntryFilter, page: PageRequest
    ) -> Sequence[RowMapping]:
        """Return the newest rows of all `actions`, from the newest keys of each."""
        keys = select(entries.c.at, entries.c.sequence)
        newest: list[tuple[datetime, int]] = []
        for action in actions:
            query = _NEWEST_FIRST.select(self._matching(keys, wanted, action), page)
            found = await self._connection.execute(query)
            newest += [(row.at, row.sequence) for row in found]
        newest = sorted(newest, reverse=True)[: page.limit + 1]
        sequences = [sequence for _, sequence in newest]
        query = select(entries).where(
            entries.c.tenant_id == self._tenant, entries.c.sequence.in_(sequences)
        )
        rows = (await self._connection.execute(query)).mappings().all()
        # sorted here: asked for in this order, SQLite walks along the times instead
        return sorted(rows, key=lambda row: sequences.index(row["sequence"]))

    def _matching(
        self,
        query: Select[*tuple[Any, ...]],
        wanted: EntryFilter,
        action: str | None = None,
    ) -> Select[*tuple[Any, ...]]:
        """Narrow `query`; `action` stands for the one that `wanted` begins with.

        The first filter, which tells most, is looked up in its index; the others are
        written so that no index but that one fits.
        """
        query = query.where(entries.c.tenant_id == self._tenant)
        chosen = {
            name: value
            for name in FILTERED
            if (
                value := action if action and name == "action" else _given(wanted, name)
            )
        }
        for number, (name, value) in enumerate(chosen.items()):
            column: ColumnElement[Any] = entries.c[name]
            query = query.where((column.concat("") if number else column) == value)
        return query.where(*_within(wanted.since, wanted.until))

    @override
    async def following(
        self, sequence: int, *, limit: int, wanted: EntryFilter | None = None
    ) -> tuple[Entry, ...]:
        query = (
            select(entries)
            .where(entries.c.tenant_id == self._tenant)
            .where(entries.c.sequence > sequence)
            .order_by(entries.c.sequence)
            .limit(limit)
        )
        if wanted is not None:
            query = query.where(*_any_order(wanted))
        found = await self._connection.execute_long(query)
        return tuple(_entry(row) for row in found.mappings())

    @override
    async def remove(self, up_to: int, *, limit: int) -> int:
        mine = entries.c.tenant_id == self._tenant
        first = (
            select(entries.c.sequence)
            .where(mine, entries.c.sequence <= up_to)
            .order_by(entries.c.sequence)
            .limit(limit)
        )
        sequences = (await self._connection.execute(first)).scalars().all()
        if sequences:
            gone = entries.delete().where(
                mine, entries.c.sequence.between(sequences[0], sequences[-1])
            )
            await self._connection.execute(gone)
        return len(sequences)


def _given(wanted: EntryFilter, name: str) -> str | None:
    value: str | None = getattr(wanted, name)
    return None if name == "action" and wanted.prefix is not None else value


def _within(
    since: datetime | None, until: datetime | None
) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if since is not None:
        found.append(entries.c.at >= since)
    if until is not None:
        found.append(entries.c.at < until)
    return found


def _any_order(wanted: EntryFilter) -> Sequence[ColumnElement[bool]]:
    """Return conditions for a walk along the chain, which needs no other index."""
    found = [
        entries.c[name].concat("") == value
        for name in FILTERED
        if (value := _given(wanted, name))
    ]
    if wanted.prefix is not None:
        start = func.substr(entries.c.action, 1, len(wanted.prefix))
        found.append(start == literal(wanted.prefix))
    return [*found, *_within(wanted.since, wanted.until)]


def _row(entry: Entry, tenant: TenantId) -> dict[str, Any]:
    act = entry.act
    return {
        "tenant_id": tenant,
        "sequence": entry.sequence,
        "id": entry.id,
        "at": entry.at,
        "actor": entry.actor,
        "actor_id": entry.actor_id,
        "actor_kind": entry.actor_kind,
        "address": entry.address,
        "user_agent": entry.user_agent,
        "request_id": entry.request_id,
        "action": act.action,
        "target": act.target,
        "scope": act.scope,
        "outcome": act.outcome.value,
        "details": dict(act.details),
        "previous": entry.previous,
        "digest": entry.digest,
        "trace_id": entry.trace_id,
        "format": entry.format,
    }


def _entry(row: RowMapping) -> Entry:
    return Entry(
        sequence=row["sequence"],
        id=row["id"],
        at=row["at"],
        actor=row["actor"],
        actor_id=row["actor_id"],
        actor_kind=row["actor_kind"],
        address=row["address"],
        user_agent=row["user_agent"],
        request_id=row["request_id"],
        act=Act(
            action=row["action"],
            target=row["target"],
            scope=row["scope"],
            outcome=Outcome(row["outcome"]),
            details=row["details"],
        ),
        previous=row["previous"],
        digest=row["digest"],
        trace_id=row["trace_id"],
        format=row["format"],
    )
