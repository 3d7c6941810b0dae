"""Users over HTTP: translate, call one use case, translate back."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.principal import Principal
from fairlead.services.identity.public import User, Users, WeakPassword
from fairlead.services.identity.use_cases.profiles import (
    Changes,
    DeleteUser,
    UpdateUser,
)
from fairlead.services.identity.use_cases.users import CreateUser, ListUsers


class NewUserBody(Struct, forbid_unknown_fields=True):
    """A user to add; without a password, a service account, which works by keys."""

    name: Annotated[str, Meta(examples=["ada"])]
    password: Annotated[str, Meta(examples=["four words make sense"])] | None = None
    service: bool = False
    email: Annotated[str, Meta(examples=["ada@example.org"])] = ""


class ChangesBody(Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays, an empty text takes it away.

    `password` is one's own, which a new address of one's own needs.
    """

    email: Annotated[str, Meta(examples=["ada@example.org"])] | None = None
    locale: Annotated[str, Meta(examples=["de-CH"])] | None = None
    time_zone: Annotated[str, Meta(examples=["Europe/Zurich"])] | None = None
    password: str | None = None


class PasswordBody(Struct, forbid_unknown_fields=True):
    """A new password; `old` is needed for one's own."""

    password: str
    old: str | None = None


class UserBody(Struct, kw_only=True):
    """A user as clients see them."""

    id: UUID
    name: str
    disabled: bool
    created_at: datetime
    email: str | None
    email_verified: bool
    locale: str
    time_zone: str
    service: bool

    @classmethod
    def of(cls, user: User) -> Self:
        """Leave out the tenant, which is the caller's own."""
        return cls(
            id=user.id,
            name=user.name,
            disabled=user.disabled,
            created_at=user.created_at,
            email=user.email,
            email_verified=user.email_verified,
            locale=user.locale,
            time_zone=user.time_zone,
            service=user.service,
        )


class UserController(Controller):
    """Routes under `/api/v1/users`."""

    path = "/api/v1/users"
    tags = ("identity",)

    @get()
    @inject
    async def list_users(
        self,
        who: FromDishka[Principal],
        users: FromDishka[ListUsers],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
        email: FromQuery[str | None] = None,
    ) -> PageBody[UserBody]:
        """List users by name; `email`: the one who has this address, if anybody."""
        wanted = page_request(limit, after)
        if email is not None:
            found = await users.by_email(who, email)
            return PageBody(items=[UserBody.of(user) for user in found], next=None)
        page = await users(who, wanted)
        return PageBody(
            items=[UserBody.of(user) for user in page.items], next=page.next
        )

    @post()
    @inject
    async def create(
        self,
        data: JSONBody[NewUserBody],
        who: FromDishka[Principal],
        create: FromDishka[CreateUser],
    ) -> UserBody:
        """Add a user, who can do nothing until a role is given."""
        if data.service is not (data.password is None):
            raise WeakPassword("Give a password, or say that it is a service account.")
        user = await create(who, data.name, data.password, email=data.email)
        return UserBody.of(user)

    @get("/{name:str}")
    @inject
    async def show(
        self,
        name: FromPath[str],
        who: FromDishka[Principal],
        users: FromDishka[Users],
    ) -> UserBody:
        """Show one user."""
        return UserBody.of(await users.get(who, name))

    @patch("/{name:str}")
    @inject
    async def update(
        self,
        name: FromPath[str],
        data: JSONBody[ChangesBody],
        who: FromDishka[Principal],
        update: FromDishka[UpdateUser],
    ) -> UserBody:
        """Change a user's address and preferences; everybody may change their own."""
        changes = Changes(
            email=data.email, locale=data.locale, time_zone=data.time_zone
        )
        return UserBody.of(await update(who, name, changes, password=data.password))

    @delete("/{name:str}")
    @inject
    async def remove(
        self,
        name: FromPath[str],
        who: FromDishka[Principal],
        forget: FromDishka[DeleteUser],
    ) -> None:
        """Remove a user; their sessions end and their roles go at once."""
        await forget(who, name)

    @post("/{name:str}/disable", status_code=200)
    @inject
    async def disable(
        self,
        name: FromPath[str],
        who: FromDishka[Principal],
        users: FromDishka[Users],
    ) -> UserBody:
        """Shut a user out; their sessions end at once."""
        return UserBody.of(await users.set_disabled(who, name, disabled=True))

    @post("/{name:str}/enable", status_code=200)
    @inject
    async def enable(
        self,
        name: FromPath[str],
        who: FromDishka[Principal],
        users: FromDishka[Users],
    ) -> UserBody:
        """Let a user in again."""
        return UserBody.of(await users.set_disabled(who, name, disabled=False))

    @put("/{name:str}/password", status_code=204)
    @inject
    async def set_password(
        self,
        name: FromPath[str],
        data: JSONBody[PasswordBody],
        who: FromDishka[Principal],
        users: FromDishka[Users],
    ) -> None:
        """Set a password; the user's other sessions end."""
        await users.set_password(who, name, data.password, old=data.old)
