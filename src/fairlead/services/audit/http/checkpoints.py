"""Checkpoints over HTTP, and the public keys that verify them."""

from datetime import datetime
from typing import Annotated, Self

from litestar import Controller, get, post
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.principal import Principal
from fairlead.services.audit.ports import Signer
from fairlead.services.audit.public import Anchor, Checkpoint
from fairlead.services.audit.use_cases.checkpoints import (
    ListCheckpoints,
    TakeCheckpoint,
)

Digest = Annotated[str, Meta(examples=["9f31" * 16])]
Signature = Annotated[str, Meta(examples=["5d0e" * 32])]
KeyId = Annotated[str, Meta(examples=["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"])]


class CheckpointBody(Struct, kw_only=True):
    """A signed statement that the entry `sequence` had this digest `at` that time.

    The signature (Ed25519, in hex) is of the line `fairlead audit checkpoint v1` and
    the canonical JSON of `tenant`, `number`, `sequence`, `digest`, `at` and `kid`.
    """

    number: Annotated[int, Meta(examples=[7])]
    sequence: Annotated[int, Meta(examples=[1234])]
    digest: Digest
    at: datetime
    kid: KeyId
    signature: Signature

    @classmethod
    def of(cls, taken: Checkpoint) -> Self:
        """Name the key as JOSE does."""
        return cls(
            number=taken.number,
            sequence=taken.sequence,
            digest=taken.digest,
            at=taken.at,
            kid=taken.key_id,
            signature=taken.signature,
        )


class AnchorBody(Struct, kw_only=True):
    """A signed statement that entries up to `sequence` were removed by retention.

    `archive` is the blob in which they are kept; empty: they are not.
    """

    number: Annotated[int, Meta(examples=[2])]
    sequence: Annotated[int, Meta(examples=[800])]
    digest: Digest
    at: datetime
    kid: KeyId
    signature: Signature
    archive: Annotated[str, Meta(examples=["audit/0198f1c2/1-800.jsonl"])]
    archive_digest: str

    @classmethod
    def of(cls, anchor: Anchor) -> Self:
        """Name the key as JOSE does."""
        return cls(
            number=anchor.number,
            sequence=anchor.sequence,
            digest=anchor.digest,
            at=anchor.at,
            kid=anchor.key_id,
            signature=anchor.signature,
            archive=anchor.archive,
            archive_digest=anchor.archive_digest,
        )


class AuditKeyBody(Struct, kw_only=True):
    """A public key (RFC 8037); its `kid` is its thumbprint (RFC 7638)."""

    kid: KeyId
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    alg: str = "Ed25519"
    use: str = "sig"


class AuditKeysBody(Struct, kw_only=True):
    """All keys that ever signed here, the present one first (RFC 7517)."""

    keys: list[AuditKeyBody]


class CheckpointController(Controller):
    """Routes of checkpoints under `/api/v1/audit`."""

    path = "/api/v1/audit"
    tags = ("audit",)

    @get("/checkpoints")
    @inject
    async def list_checkpoints(
        self,
        who: FromDishka[Principal],
        list_checkpoints: FromDishka[ListCheckpoints],
        *,
        limit: int | None = None,
        after: str | None = None,
    ) -> PageBody[CheckpointBody]:
        """List checkpoints, newest first."""
        page = await list_checkpoints(who, page_request(limit, after))
        items = [CheckpointBody.of(each) for each in page.items]
        return PageBody(items=items, next=page.next)

    @post("/checkpoints", status_code=200)
    @inject
    async def take(
        self,
        who: FromDishka[Principal],
        take_checkpoint: FromDishka[TakeCheckpoint],
    ) -> CheckpointBody:
        """Sign the newest entry, after following the chain since the last checkpoint.

        Keep the answer elsewhere: it tells later whether the trail was rewritten.
        """
        return CheckpointBody.of(await take_checkpoint(who))

    @get("/keys")
    @inject
    async def keys(self, signer: FromDishka[Signer]) -> AuditKeysBody:
        """Return the public keys that verify checkpoints; none before the first."""
        found = [AuditKeyBody(kid=key.id, x=key.x) for key in signer.public_keys()]
        return AuditKeysBody(keys=found)
