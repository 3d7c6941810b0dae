"""Users and wrong guesses in a relational database."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    and_,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.errors import violates
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.services.identity.domain import ANY, Account, Tallies, Tally
from fairlead.services.identity.ports import TallyStore, UserStore
from fairlead.services.identity.public import User, UserNameTaken

one_name = UniqueConstraint("tenant_id", "name")
users = Table(
    "identity_users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("name", String(63), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("password_hash", String(200), nullable=False),
    one_name,
)
failures = Table(
    "identity_failures",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("account", String(63), primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("trusted", Boolean, nullable=False),
    Index("ix_identity_failures_last_at", "tenant_id", "trusted", "last_at"),
)
_BY_NAME = Keyset((users.c.name,))


class SqlUserStore(UserStore):
    """Reads and writes `identity_users`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the users of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def find(self, name: str) -> Account | None:
        query = select(users).where(*self._mine(users.c.name == name))
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        return Account(user=_user(row), password_hash=row["password_hash"])

    @override
    async def get(self, user_id: UUID) -> User | None:
        query = select(users).where(*self._mine(users.c.id == user_id))
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else _user(row)

    @override
    async def list(self, page: PageRequest) -> Page[User]:
        query = _BY_NAME.select(select(users).where(*self._mine()), page)
        rows = (await self._connection.execute(query)).mappings().all()
        return _BY_NAME.page(rows, page, _user)

    @override
    async def add(self, account: Account) -> None:
        values = asdict(account.user) | {"password_hash": account.password_hash}
        values["tenant_id"] = self._tenant_id
        try:
            await self._connection.execute(users.insert().values(**values))
        except IntegrityError as error:
            if violates(error, one_name):
                name = account.user.name
                raise UserNameTaken(
                    f"There is a user '{name}' already.", user=name
                ) from error
            raise

    @override
    async def set_disabled(self, user_id: UUID, *, disabled: bool) -> None:
        await self._set(user_id, disabled=disabled)

    @override
    async def set_hash(self, user_id: UUID, password_hash: str) -> None:
        await self._set(user_id, password_hash=password_hash)

    async def _set(self, user_id: UUID, **values: Any) -> None:
        mine = self._mine(users.c.id == user_id)
        await self._connection.execute(users.update().where(*mine).values(**values))

    def _mine(self, *also: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
        return (users.c.tenant_id == self._tenant_id, *also)


class SqlTallyStore(TallyStore):
    """Reads and writes `identity_failures`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the tallies of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def find(self, account: str, address: str) -> Tallies:
        keys = ((account, address), (account, ANY), (ANY, address))
        query = select(failures).where(or_(*(self._at(*key) for key in keys)))
        rows = (await self._connection.execute(query)).mappings()
        return Tallies(tuple(_tally(row) for row in rows))

    @override
    async def save(self, tally: Tally) -> None:
        values = {
            "wrong": tally.wrong,
            "last_at": tally.last_at,
            "trusted": tally.trusted,
        }
        here = self._at(tally.account, tally.address)
        saved = await self._connection.execute(
            failures.update().where(here).values(**values)
        )
        if saved.rowcount == 0:
            first = asdict(tally) | {"tenant_id": self._tenant_id}
            await self._connection.execute(failures.insert().values(**first))

    @override
    async def clear(self, account: str) -> None:
        mine = and_(
            failures.c.tenant_id == self._tenant_id, failures.c.account == account
        )
        await self._connection.execute(failures.update().where(mine).values(wrong=0))

    @override
    async def purge(self, before: datetime) -> None:
        await self._connection.execute(
            failures.delete()
            .where(failures.c.tenant_id == self._tenant_id)
            .where(failures.c.trusted.is_(False))
            .where(failures.c.last_at < before)
        )

    def _at(self, account: str, address: str) -> ColumnElement[bool]:
        return and_(
            failures.c.tenant_id == self._tenant_id,
            failures.c.account == account,
            failures.c.address == address,
        )


def _user(row: RowMapping) -> User:
    return User(
        id=row["id"],
        tenant_id=row["tenant_id"],
        name=row["name"],
        disabled=row["disabled"],
        created_at=row["created_at"],
    )


def _tally(row: RowMapping) -> Tally:
    return Tally(
        account=row["account"],
        address=row["address"],
        wrong=row["wrong"],
        last_at=row["last_at"],
        trusted=row["trusted"],
    )
