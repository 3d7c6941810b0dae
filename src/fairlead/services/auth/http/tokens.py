"""Tokens for other services over HTTP: looking at one, and rotating the keys."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, Response, post
from litestar.params import JSONBody, URLEncodedBody
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.kernel.principal import Principal
from fairlead.services.auth.http.sessions import NO_STORE
from fairlead.services.auth.settings import AuthSettings
from fairlead.services.auth.use_cases.introspect import Introspect, TokenFacts
from fairlead.services.auth.use_cases.keys import RotateKeys


class RotateBody(Struct, forbid_unknown_fields=True):
    """With `at_once`, tokens of the old keys stop at once, and all have to refresh."""

    at_once: bool = False


class SigningKeyBody(Struct, kw_only=True):
    """The key that signs from now on."""

    kid: str
    created_at: datetime


class TokenBody(Struct):
    """A token to look at; the hint is not needed (RFC 7662)."""

    token: Annotated[str, Meta(max_length=4096)]
    token_type_hint: str = ""


class IntrospectionBody(Struct, kw_only=True, omit_defaults=True):
    """What is known of a token; only `active` when it is not good (RFC 7662).

    `kind`: user, api_key or run. A run has `operation`, `project`, `environment`.
    """

    active: bool
    sub: UUID | None = None
    username: str | None = None
    scope: str | None = None
    client_id: str | None = None
    token_type: str | None = None
    iss: str | None = None
    aud: str | None = None
    iat: int | None = None
    exp: int | None = None
    kind: str | None = None
    tenant: UUID | None = None
    session: str | None = None
    operation: str | None = None
    project: str | None = None
    environment: str | None = None

    @classmethod
    def of(cls, facts: TokenFacts, settings: AuthSettings) -> Self:
        """Name it as OAuth does."""
        return cls(
            active=True,
            sub=facts.subject,
            username=facts.name,
            scope=None if facts.scopes is None else " ".join(facts.scopes),
            client_id="fairlead",
            token_type="Bearer",  # noqa: S106 - the kind of token
            iss=settings.issuer,
            aud=settings.audience,
            iat=int(facts.issued_at.timestamp()),
            exp=int(facts.expires_at.timestamp()),
            kind=facts.kind.value,
            tenant=facts.tenant_id,
            **facts.facts,
        )


class TokenController(Controller):
    """Routes about tokens under `/api/v1/auth`."""

    path = "/api/v1/auth"
    tags = ("auth",)

    @post("/introspect", status_code=200)
    @inject
    async def introspect(
        self,
        data: URLEncodedBody[TokenBody],
        who: FromDishka[Principal],
        look: FromDishka[Introspect],
        settings: FromDishka[AuthSettings],
    ) -> Response[IntrospectionBody]:
        """Tell whether a token is good and whose it is (RFC 7662)."""
        facts = await look(who, data.token)
        body = (
            IntrospectionBody(active=False)
            if facts is None
            else IntrospectionBody.of(facts, settings)
        )
        return Response(body, headers=NO_STORE)

    @post("/rotate-keys", status_code=200)
    @inject
    async def rotate(
        self,
        data: JSONBody[RotateBody],
        who: FromDishka[Principal],
        rotate_keys: FromDishka[RotateKeys],
    ) -> SigningKeyBody:
        """Sign access tokens with a new key; the old ones verify for a day more."""
        key = await rotate_keys(who, at_once=data.at_once)
        return SigningKeyBody(kid=key.id, created_at=key.created_at)
