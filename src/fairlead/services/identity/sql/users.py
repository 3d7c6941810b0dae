"""Users in a relational database."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    false,
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
from fairlead.services.identity.domain import Account, mark_of
from fairlead.services.identity.ports import UserStore
from fairlead.services.identity.public import EmailTaken, User, UserNameTaken

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
    Column("email", String(254)),
    Column("email_verified", Boolean, nullable=False, server_default=false()),
    Column("locale", String(16), nullable=False, server_default=""),
    Column("time_zone", String(64), nullable=False, server_default=""),
    Column("service", Boolean, nullable=False, server_default=false()),
    one_name,
    Index("uq_identity_users_email", "tenant_id", "email", unique=True),
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
        del values["password_mark"]
        try:
            await self._connection.execute(users.insert().values(**values))
        except IntegrityError as error:
            if violates(error, one_name):
                name = account.user.name
                raise UserNameTaken(
                    f"There is a user '{name}' already.", user=name
                ) from error
            raise _taken(error) from error

    @override
    async def find_email(self, email: str) -> User | None:
        query = select(users).where(*self._mine(users.c.email == email))
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else _user(row)

    @override
    async def change(self, user: User) -> None:
        try:
            await self._set(
                user.id,
                email=user.email,
                email_verified=user.email_verified,
                locale=user.locale,
                time_zone=user.time_zone,
            )
        except IntegrityError as error:
            raise _taken(error) from error

    @override
    async def remove(self, user_id: UUID) -> None:
        mine = self._mine(users.c.id == user_id)
        await self._connection.execute(users.delete().where(*mine))

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


def _user(row: RowMapping) -> User:
    return User(
        id=row["id"],
        tenant_id=row["tenant_id"],
        name=row["name"],
        disabled=row["disabled"],
        created_at=row["created_at"],
        email=row["email"],
        email_verified=row["email_verified"],
        locale=row["locale"],
        time_zone=row["time_zone"],
        service=row["service"],
        password_mark=mark_of(row["password_hash"]),
    )


def _taken(error: IntegrityError) -> Exception:
    """Return what an insert or update that broke an index of ours means."""
    if "email" in str(error.orig):
        return EmailTaken("Another user has this email address.")
    return error
