"""Telling other services whether a token is good, and whose it is (RFC 7662)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from fairlead.kernel.principal import Principal, PrincipalKind, TenantId
from fairlead.services.auth.domain.api_keys import MARK, ApiKey
from fairlead.services.auth.domain.runs import RUN_MARK, RunIdentity
from fairlead.services.auth.permissions import CREDENTIAL_INTROSPECT
from fairlead.services.auth.public import Unauthenticated
from fairlead.services.auth.use_cases.key_use import KnownKeys
from fairlead.services.auth.use_cases.runs import UseRunToken
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
    keys: KnownKeys
    runs: UseRunToken
    authorizer: Authorizer

    async def __call__(self, who: Principal, token: str) -> TokenFacts | None:
        """Return what it says; None: it is not good, for whatever reason.

        Raises:
            NotAllowed: `who` may not ask.
        """
        await self.authorizer.require(who, CREDENTIAL_INTROSPECT)
        try:
            if token.startswith(MARK):
                found = _of_key(await self.keys.find(token))
            elif token.startswith(RUN_MARK):
                found = _of_run(await self.runs.find(token))
            else:
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


def _of_key(key: ApiKey) -> TokenFacts:
    return TokenFacts(
        kind=PrincipalKind.API_KEY,
        subject=key.id,
        name=f"{key.owner_name}/{key.name}",
        tenant_id=key.tenant_id,
        issued_at=key.created_at,
        expires_at=key.expires_at,
        scopes=key.scopes,
    )


def _of_run(run: RunIdentity) -> TokenFacts:
    return TokenFacts(
        kind=PrincipalKind.RUN,
        subject=run.id,
        name=f"{run.project}/{run.step}",
        tenant_id=run.tenant_id,
        issued_at=run.created_at,
        expires_at=run.expires_at,
        facts={
            "operation": str(run.operation_id),
            "project": str(run.project_id),
            "environment": run.environment,
        },
    )
