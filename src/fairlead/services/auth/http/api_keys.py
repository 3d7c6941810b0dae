"""API keys over HTTP."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.principal import Principal
from fairlead.services.auth.domain.api_keys import ApiKey, KeyOrder
from fairlead.services.auth.http.sessions import NO_STORE
from fairlead.services.auth.use_cases.api_keys import (
    CreateKey,
    ListKeys,
    RevokeKey,
    RotateKey,
)

Few = Meta(max_length=100)
SCOPES = Meta(examples=[["pipelines.run.start", "pipelines.run.read"]])
NETWORKS = Meta(examples=[["203.0.113.0/24", "2001:db8::/32"]])


class NewKeyBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """A key to be made; `user`: for somebody else.

    `scopes` are permissions, `*` is all one has. Empty `projects` and `networks` are
    all of them; 0 is no limit.
    """

    name: Annotated[str, Meta(examples=["ci"])]
    scopes: Annotated[list[str], SCOPES]
    projects: list[UUID] = []
    networks: Annotated[list[str], NETWORKS] = []
    days: Annotated[int, Meta(ge=1, le=366, examples=[90])] = 90
    per_minute: Annotated[int, Meta(ge=0, le=1_000_000, examples=[600])] = 0
    at_once: Annotated[int, Meta(ge=0, le=10_000, examples=[10])] = 0
    user: str | None = None


class ApiKeyBody(Struct, kw_only=True):
    """A key; `prefix` is the part of it that may be shown."""

    id: UUID
    owner: str
    name: Annotated[str, Meta(examples=["ci"])]
    prefix: Annotated[str, Meta(examples=["flk_b3mzq7x2ka"])]
    scopes: Annotated[list[str], SCOPES]
    projects: list[UUID]
    networks: Annotated[list[str], NETWORKS]
    per_minute: int
    at_once: int
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    used_address: str

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """Leave the digests out."""
        return cls(
            id=key.id,
            owner=key.owner_name,
            name=key.name,
            prefix=f"flk_{key.prefix}",
            scopes=list(key.scopes),
            projects=list(key.projects),
            networks=list(key.networks),
            per_minute=key.per_minute,
            at_once=key.at_once,
            created_at=key.created_at,
            expires_at=key.expires_at,
            used_at=key.used_at,
            used_address=key.used_address,
        )


class ToldKeyBody(Struct, kw_only=True):
    """A key with its secret, which is told this once."""

    secret: Annotated[str, Meta(examples=["flk_b3mzq7x2ka_k3VbP0hLk9s2wQb4t1uXyA…"])]
    key: ApiKeyBody


class RotateKeyBody(Struct, forbid_unknown_fields=True):
    """How long the old secret stays good, too."""

    overlap_seconds: Annotated[int, Meta(ge=0, le=604_800, examples=[3600])] = 0


class ApiKeyController(Controller):
    """Routes under `/api/v1/auth/api-keys`."""

    path = "/api/v1/auth/api-keys"
    tags = ("auth",)

    @get()
    @inject
    async def keys(
        self,
        who: FromDishka[Principal],
        list_keys: FromDishka[ListKeys],
        user: str | None = None,
        everybody: bool = False,
        limit: int = 50,
        after: str | None = None,
    ) -> PageBody[ApiKeyBody]:
        """List one's keys, somebody's or everybody's, newest first."""
        page = await list_keys(
            who, page_request(limit, after), user=user, everybody=everybody
        )
        return PageBody(
            items=[ApiKeyBody.of(each) for each in page.items], next=page.next
        )

    @post(status_code=201)
    @inject
    async def create(
        self,
        data: JSONBody[NewKeyBody],
        who: FromDishka[Principal],
        create_key: FromDishka[CreateKey],
    ) -> Response[ToldKeyBody]:
        """Make a key; its secret is told this once."""
        order = KeyOrder(
            name=data.name,
            scopes=tuple(data.scopes),
            projects=tuple(data.projects),
            networks=tuple(data.networks),
            lifetime=timedelta(days=data.days),
            per_minute=data.per_minute,
            at_once=data.at_once,
        )
        return _told(*await create_key(who, order, user=data.user), status=201)

    @post("/{key:uuid}/rotate", status_code=200)
    @inject
    async def rotate(
        self,
        key: FromPath[UUID],
        data: JSONBody[RotateKeyBody],
        who: FromDishka[Principal],
        rotate_key: FromDishka[RotateKey],
    ) -> Response[ToldKeyBody]:
        """Give a key a new secret, which is told this once."""
        overlap = timedelta(seconds=data.overlap_seconds)
        return _told(*await rotate_key(who, key, overlap=overlap), status=200)

    @delete("/{key:uuid}")
    @inject
    async def revoke(
        self,
        key: FromPath[UUID],
        who: FromDishka[Principal],
        revoke_key: FromDishka[RevokeKey],
    ) -> None:
        """Take a key out of use, at once."""
        await revoke_key(who, key)


def _told(key: ApiKey, secret: str, *, status: int) -> Response[ToldKeyBody]:
    body = ToldKeyBody(secret=secret, key=ApiKeyBody.of(key))
    return Response(body, status_code=status, headers=NO_STORE)
