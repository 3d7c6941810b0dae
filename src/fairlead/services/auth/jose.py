"""Access tokens as Ed25519 JWTs (RFC 9068, RFC 9864)."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from typing_extensions import override

from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import TenantId
from fairlead.services.auth.domain import (
    MAX_TOKEN,
    Claims,
    PublicKey,
    SigningKey,
    UnknownKey,
    not_valid,
)
from fairlead.services.auth.ports import TokenFormat

ALGORITHM = "Ed25519"
TYPE = "at+jwt"
HEADER = frozenset({"alg", "typ", "kid"})
CLIENT = "fairlead"
LATEST = 253_402_300_799  # the end of the year 9999, of our calendar
MAX_HEADER = 512


class ClaimsBody(Struct, kw_only=True):
    """The claims as they are written."""

    iss: str
    aud: str
    sub: UUID
    name: str
    sid: UUID
    tid: UUID
    jti: UUID
    client_id: str
    iat: int
    exp: int
    nbf: int = 0


@dataclass(frozen=True, slots=True)
class JoseFormat(TokenFormat):
    """Signs and reads with joserfc, which is imported at the first use (80 ms)."""

    issuer: str
    audience: str

    @override
    def new_key(self, key_id: str, *, at: datetime) -> SigningKey:
        from joserfc.jwk import OKPKey  # noqa: PLC0415 - an idle server needs none

        key: Any = OKPKey.generate_key("Ed25519").as_dict(private=True)
        public = PublicKey(id=key_id, x=str(key["x"]), created_at=at)
        return SigningKey(public=public, d=str(key["d"]))

    @override
    def sign(self, claims: Claims, key: SigningKey) -> str:
        from joserfc import jws  # noqa: PLC0415 - see new_key

        body = ClaimsBody(
            iss=self.issuer,
            aud=self.audience,
            sub=claims.user_id,
            name=claims.user_name,
            sid=claims.session_id,
            tid=claims.tenant_id,
            jti=new_id(),
            client_id=CLIENT,
            iat=int(claims.issued_at.timestamp()),
            exp=int(claims.expires_at.timestamp()),
        )
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.public.id}
        return jws.serialize_compact(
            header, msgspec.json.encode(body), _key(key.public, key.d), [ALGORITHM]
        )

    @override
    def read(
        self, token: str, keys: Mapping[str, PublicKey], *, at: datetime
    ) -> Claims:
        if len(token) > MAX_TOKEN:
            raise not_valid()
        verified = _verified(token, keys)
        if verified is None:
            raise not_valid()
        key_id, body = verified
        if not self._ours(body, at.timestamp()):
            raise not_valid()
        return Claims(
            user_id=body.sub,
            user_name=body.name,
            tenant_id=TenantId(body.tid),
            session_id=body.sid,
            issued_at=datetime.fromtimestamp(body.iat, UTC),
            expires_at=datetime.fromtimestamp(body.exp, UTC),
            key_id=key_id,
        )

    def _ours(self, body: ClaimsBody, now: float) -> bool:
        return (
            body.iss == self.issuer
            and body.aud == self.audience
            and body.nbf <= now < body.exp
            and 0 <= body.iat < body.exp <= LATEST
        )


def _verified(
    token: str, keys: Mapping[str, PublicKey]
) -> tuple[str, ClaimsBody] | None:
    """Return the key and the claims of a token that is signed by one of `keys`.

    Raises:
        UnknownKey: it has the form of ours, but none of `keys` has its id.
    """
    from joserfc import jws  # noqa: PLC0415 - see new_key
    from joserfc.errors import JoseError  # noqa: PLC0415

    try:
        head = token.encode("ascii").partition(b".")[0]
        if len(head) > MAX_HEADER or not _expected(_members(_decoded(head))):
            return None
        parsed = jws.extract_compact(token.encode("ascii"))
        header = parsed.headers()
        public = keys.get(header["kid"])
        if public is None:
            raise UnknownKey(str(not_valid()))
        if not jws.validate_compact(parsed, _key(public), [ALGORITHM]):
            return None
        _members(parsed.payload)
        return public.id, msgspec.json.decode(parsed.payload, type=ClaimsBody)
    except (JoseError, ValueError, TypeError, RecursionError):
        return None


def _expected(header: Mapping[str, Any]) -> bool:
    """Tell whether a header says what all of ours say, and nothing else."""
    return (
        header.keys() == HEADER
        and header["alg"] == ALGORITHM
        and header["typ"] == TYPE
        and isinstance(header["kid"], str)
    )


def _decoded(segment: bytes) -> bytes:
    return urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))


def _members(data: bytes) -> Mapping[str, Any]:
    """Return the members of a JSON object.

    Raises:
        ValueError: it is none, or has one twice: others might read the other one.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a member stands there twice")
        return found

    found = json.loads(data, object_pairs_hook=once)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - as the port says
    return found


def _key(public: PublicKey, d: str | None = None) -> Any:
    from joserfc.jwk import OKPKey  # noqa: PLC0415 - see new_key

    parts: dict[str, Any] = {"kty": "OKP", "crv": "Ed25519", "x": public.x}
    if d is not None:
        parts["d"] = d
    return OKPKey.import_key(parts)
