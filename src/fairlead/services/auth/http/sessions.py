"""Logging in and out over HTTP: translate, call one use case, translate back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import JSONBody
from msgspec import Meta, Struct
from typing_extensions import override

from fairlead.adapters.http.authentication import Authenticator
from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.paging import MAX_LIMIT, PageRequest
from fairlead.kernel.principal import (
    Origin,
    Principal,
    PrincipalKind,
    anonymous,
    service,
)
from fairlead.services.audit.public import Act, AuditTrail, refused
from fairlead.services.auth.domain.api_keys import MARK
from fairlead.services.auth.domain.runs import RUN_MARK
from fairlead.services.auth.public import Sessions, Tokens, Unauthenticated, Verifier
from fairlead.services.auth.use_cases.key_use import UseKey
from fairlead.services.auth.use_cases.keys import KeyRing
from fairlead.services.auth.use_cases.runs import UseRunToken
from fairlead.services.authz.public import Binding, BindingFilter, Roles

NO_STORE = {"Cache-Control": "no-store"}
CACHED = {"Cache-Control": "public, max-age=300"}

VERIFY = "auth.credential.verify"


class LoginBody(Struct, forbid_unknown_fields=True):
    """Who logs in; `code` is needed when an answer says `second_factor_needed`."""

    username: Annotated[str, Meta(examples=["admin"])]
    password: Annotated[str, Meta(examples=["four words make sense"])]
    code: Annotated[str, Meta(max_length=32, examples=["123456"])] = ""


class RefreshBody(Struct, forbid_unknown_fields=True):
    """The refresh token of the last answer."""

    refresh_token: str


class TokensBody(Struct, kw_only=True):
    """A pair of tokens, as OAuth names them (RFC 6749)."""

    access_token: str
    token_type: str
    expires_in: int
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime

    @classmethod
    def of(cls, tokens: Tokens, *, now: datetime) -> Self:
        """Add what OAuth clients look for."""
        left = tokens.access_expires_at - now
        return cls(
            access_token=tokens.access_token,
            token_type="Bearer",  # noqa: S106 - the kind of token
            expires_in=max(int(left.total_seconds()), 0),
            access_expires_at=tokens.access_expires_at,
            refresh_token=tokens.refresh_token,
            refresh_expires_at=tokens.refresh_expires_at,
        )


class HeldRoleBody(Struct, kw_only=True):
    """A role the caller has."""

    id: UUID
    role: str
    scope: str


class MeBody(Struct, kw_only=True):
    """Who the caller is."""

    id: UUID
    name: str
    kind: str
    tenant_id: UUID
    session_id: UUID | None
    bindings: list[HeldRoleBody]


class JwkBody(Struct, kw_only=True):
    """A public key (RFC 8037)."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    alg: str = "Ed25519"
    use: str = "sig"


class JwksBody(Struct, kw_only=True):
    """All keys that tokens are verified with."""

    keys: list[JwkBody]


class AuthController(Controller):
    """Routes under `/api/v1/auth`."""

    path = "/api/v1/auth"
    tags = ("auth",)

    @post("/login", status_code=200)
    @inject
    async def login(
        self,
        data: JSONBody[LoginBody],
        who: FromDishka[Principal],
        sessions: FromDishka[Sessions],
    ) -> Response[TokensBody]:
        """Begin a session with a user name, a password and, where needed, a code."""
        tokens = await sessions.login(
            data.username, data.password, origin=who.origin, code=data.code
        )
        return _answer(tokens)

    @post("/refresh", status_code=200)
    @inject
    async def refresh(
        self,
        data: JSONBody[RefreshBody],
        who: FromDishka[Principal],
        sessions: FromDishka[Sessions],
    ) -> Response[TokensBody]:
        """Exchange a refresh token for the next pair; it is good once."""
        return _answer(await sessions.refresh(data.refresh_token, origin=who.origin))

    @post("/logout", status_code=204)
    @inject
    async def logout(
        self, who: FromDishka[Principal], sessions: FromDishka[Sessions]
    ) -> None:
        """End the session this token belongs to."""
        await sessions.logout(who)


class MeController(Controller):
    """The route `/api/v1/me`."""

    path = "/api/v1/me"
    tags = ("auth",)

    @get()
    @inject
    async def me(self, who: FromDishka[Principal], roles: FromDishka[Roles]) -> MeBody:
        """Tell who the caller is and which roles they have."""
        bindings = await _held(who, roles) if who.kind is PrincipalKind.USER else []
        return MeBody(
            id=who.id,
            name=who.name,
            kind=who.kind.value,
            tenant_id=who.tenant_id,
            session_id=who.session_id,
            bindings=[
                HeldRoleBody(id=each.id, role=each.role, scope=each.scope)
                for each in bindings
            ],
        )


async def _held(who: Principal, roles: Roles) -> list[Binding]:
    """Return what a user has, by themselves and by their groups."""
    found: list[Binding] = []
    page, wanted = PageRequest(limit=MAX_LIMIT), BindingFilter(user=who.name)
    while True:
        part = await roles.bindings(who, page, wanted=wanted)
        found += part.items
        if part.next is None:
            return found
        page = PageRequest(limit=MAX_LIMIT, after=part.next)


class KeysController(Controller):
    """The route `/.well-known/jwks.json`."""

    path = "/.well-known/jwks.json"
    tags = ("auth",)

    @get()
    @inject
    async def keys(self, ring: FromDishka[KeyRing]) -> Response[JwksBody]:
        """List the public keys (JWKS) that access tokens are verified with."""
        keys = [JwkBody(kid=key.id, x=key.x) for key in ring.public.values()]
        return Response(JwksBody(keys=keys), headers=CACHED)


@dataclass(frozen=True, slots=True)
class TokenAuthenticator(Authenticator):
    """Tells the edge who holds a bearer token or an API key; bad ones are recorded."""

    verifier: Verifier
    scopes: Scopes

    @override
    async def principal(self, credential: str, *, origin: Origin) -> Principal:
        try:
            return await self._holder(credential, origin)
        except Unauthenticated as error:
            act = Act(action=VERIFY, target="credentials/unknown")
            async with self.scopes.enter(service("auth")) as scope:
                trail: AuditTrail = await scope.get(AuditTrail)
                await trail.record(anonymous(origin), refused(act, error))
            raise

    async def _holder(self, credential: str, origin: Origin) -> Principal:
        if credential.startswith(MARK):
            async with self.scopes.enter(service("auth")) as scope:
                use: UseKey = await scope.get(UseKey)
                return await use(credential, origin=origin)
        if credential.startswith(RUN_MARK):
            async with self.scopes.enter(service("auth")) as scope:
                step: UseRunToken = await scope.get(UseRunToken)
                return await step(credential, origin=origin)
        return await self.verifier.principal(credential, origin=origin)


def _answer(tokens: Tokens) -> Response[TokensBody]:
    now = datetime.now(tokens.access_expires_at.tzinfo)
    return Response(TokensBody.of(tokens, now=now), headers=NO_STORE)
