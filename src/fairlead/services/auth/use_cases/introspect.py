"""Telling other services whether a token is good, and whose it is (RFC 7662)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from fairlead.kernel.principal import Principal, PrincipalKind, TenantId
from fairlead.services.auth.permissions import CREDENTIAL_INTROSPECT
from fairlead.services.auth.public import Unauthenticated
from fairlead.services.auth.use_cases.tokens import LocalVerifier
from fairlead.services.authz.public import Authorizer


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What a good token says.

    Attributes:
        subject: The id of the user, key or run.
        scopes: The permissions it is narrowed to; None: it is not.
        facts: What else binds it, e.g. `session` or `project`.
    """

    kind: PrincipalKind
    subject: UUID
    name: str
    tenant_id: TenantId
    issued_at: datetime
    expires_at: datetime
    scopes: tuple[str, ...] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Introspect:
    """Look at a token on behalf of another service."""

    verifier: LocalVerifier
    authorizer: Authorizer

    async def __call__(self, who: Principal, token: str) -> TokenFacts | None:
        """Return what it says; None: it is not good, for whatever reason.

        Raises:
            NotAllowed: `who` may not ask.
        """
        await self.authorizer.require(who, CREDENTIAL_INTROSPECT)
        try:
            found = await self._facts(token)
        except Unauthenticated:
            return None
        return found if found.tenant_id == who.tenant_id else None

    async def _facts(self, token: str) -> TokenFacts:
        claims = await self.verifier.claims(token)
        return TokenFacts(
            kind=PrincipalKind.USER,
            subject=claims.user_id,
            name=claims.user_name,
            tenant_id=claims.tenant_id,
            issued_at=claims.issued_at,
            expires_at=claims.expires_at,
            facts={"session": str(claims.session_id)},
        )
