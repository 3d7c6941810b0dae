"""One's own account over HTTP, for those who cannot log in, too."""

from typing import Annotated

from litestar import Controller, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.kernel.principal import Principal
from fairlead.services.identity.use_cases.links import (
    AskReset,
    AskVerification,
    ResetPassword,
    VerifyEmail,
)


class TokenBody(Struct, forbid_unknown_fields=True):
    """The token of a letter."""

    token: Annotated[str, Meta(max_length=200)]


class AskResetBody(Struct, forbid_unknown_fields=True):
    """Where the letter goes."""

    email: Annotated[str, Meta(examples=["ada@example.org"])]


class ResetBody(Struct, forbid_unknown_fields=True):
    """The token of a letter and the password to be."""

    token: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(examples=["four words make sense"])]


class AccountController(Controller):
    """Routes under `/api/v1/account`."""

    path = "/api/v1/account"
    tags = ("identity",)

    @post("/ask-verification", status_code=204)
    @inject
    async def ask_verification(
        self, who: FromDishka[Principal], ask: FromDishka[AskVerification]
    ) -> None:
        """Have another letter sent that verifies one's own address."""
        await ask(who)

    @post("/verify", status_code=204)
    @inject
    async def verify(
        self,
        data: JSONBody[TokenBody],
        who: FromDishka[Principal],
        verify: FromDishka[VerifyEmail],
    ) -> None:
        """Verify the address a token was sent to."""
        await verify(data.token, origin=who.origin)

    @post("/ask-reset", status_code=204)
    @inject
    async def ask_reset(
        self,
        data: JSONBody[AskResetBody],
        who: FromDishka[Principal],
        ask: FromDishka[AskReset],
    ) -> None:
        """Have a letter sent for a new password; the answer is always the same."""
        await ask(data.email, origin=who.origin)

    @post("/reset", status_code=204)
    @inject
    async def reset(
        self,
        data: JSONBody[ResetBody],
        who: FromDishka[Principal],
        reset: FromDishka[ResetPassword],
    ) -> None:
        """Set a new password with a token that was sent; all sessions end."""
        await reset(data.token, data.password, origin=who.origin)
