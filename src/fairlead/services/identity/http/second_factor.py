"""One's own second factor over HTTP."""

from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.kernel.principal import Principal
from fairlead.services.identity.public import User
from fairlead.services.identity.use_cases.factors import (
    BeginSecondFactor,
    ConfirmSecondFactor,
    NewRecoveryCodes,
    RemoveSecondFactor,
    ShowAccount,
)

NO_STORE = {"Cache-Control": "no-store"}


class OwnPasswordBody(Struct, forbid_unknown_fields=True):
    """The caller's password, once more."""

    password: Annotated[str, Meta(examples=["four words make sense"])]


class CodeBody(Struct, forbid_unknown_fields=True):
    """A code of the authenticator."""

    code: Annotated[str, Meta(max_length=32, examples=["123456"])]


class EnrolmentBody(Struct, kw_only=True):
    """What an authenticator needs; `address` is for a picture."""

    secret: str
    address: str


class RecoveryCodesBody(Struct, kw_only=True):
    """Codes for when the authenticator is lost; each is good once."""

    codes: list[str]


class AccountBody(Struct, kw_only=True):
    """One's own account."""

    id: UUID
    name: str
    email: str | None
    email_verified: bool
    locale: str
    time_zone: str
    second_factor: bool
    recovery_codes_left: int

    @classmethod
    def of(cls, user: User, *, second_factor: bool, left: int) -> Self:
        """Say what there is."""
        return cls(
            id=user.id,
            name=user.name,
            email=user.email,
            email_verified=user.email_verified,
            locale=user.locale,
            time_zone=user.time_zone,
            second_factor=second_factor,
            recovery_codes_left=left,
        )


class SecondFactorController(Controller):
    """Routes under `/api/v1/account`, and what takes another's away."""

    path = "/api/v1"
    tags = ("identity",)

    @get("/account")
    @inject
    async def show(
        self, who: FromDishka[Principal], show: FromDishka[ShowAccount]
    ) -> AccountBody:
        """Show one's own account."""
        user, second_factor, left = await show(who)
        return AccountBody.of(user, second_factor=second_factor, left=left)

    @post("/account/second-factor", status_code=200)
    @inject
    async def begin(
        self,
        data: JSONBody[OwnPasswordBody],
        who: FromDishka[Principal],
        begin: FromDishka[BeginSecondFactor],
    ) -> Response[EnrolmentBody]:
        """Make a secret for an authenticator; confirm it with a code."""
        secret, address = await begin(who, data.password)
        body = EnrolmentBody(secret=secret, address=address)
        return Response(body, headers=NO_STORE)

    @post("/account/second-factor/confirm", status_code=200)
    @inject
    async def confirm(
        self,
        data: JSONBody[CodeBody],
        who: FromDishka[Principal],
        confirm: FromDishka[ConfirmSecondFactor],
    ) -> Response[RecoveryCodesBody]:
        """Give a first code; from now on a login needs one."""
        made = list(await confirm(who, data.code))
        return Response(RecoveryCodesBody(codes=made), headers=NO_STORE)

    @post("/account/second-factor/remove", status_code=204)
    @inject
    async def remove(
        self,
        data: JSONBody[OwnPasswordBody],
        who: FromDishka[Principal],
        remove: FromDishka[RemoveSecondFactor],
    ) -> None:
        """Do without a second factor."""
        await remove.mine(who, data.password)

    @post("/account/recovery-codes", status_code=200)
    @inject
    async def new_codes(
        self,
        data: JSONBody[OwnPasswordBody],
        who: FromDishka[Principal],
        make: FromDishka[NewRecoveryCodes],
    ) -> Response[RecoveryCodesBody]:
        """Replace the recovery codes."""
        made = list(await make(who, data.password))
        return Response(RecoveryCodesBody(codes=made), headers=NO_STORE)

    @delete("/users/{name:str}/second-factor")
    @inject
    async def remove_of(
        self,
        name: FromPath[str],
        who: FromDishka[Principal],
        remove: FromDishka[RemoveSecondFactor],
    ) -> None:
        """Take away the second factor of somebody who lost it."""
        await remove.of(who, name)
