"""The identity of running steps: begun, used, and ended with the step."""

from dataclasses import dataclass
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.principal import (
    Origin,
    Principal,
    PrincipalKind,
    TenantId,
    service,
)
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail
from fairlead.services.auth.domain import Lifetimes, not_valid
from fairlead.services.auth.domain.runs import RunIdentity, identify, run_digest
from fairlead.services.auth.ports import RunIdentityStore
from fairlead.services.auth.public import RunIdentities, RunOrder

BEGIN = "auth.run.begin"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRunIdentities(RunIdentities):
    """Keeps the identities of the steps that run now."""

    store: RunIdentityStore
    lifetimes: Lifetimes
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock
    tenant_id: TenantId

    @override
    async def begin(self, order: RunOrder) -> str:
        now = self.clock.now()
        identity, token = identify(
            order, tenant=self.tenant_id, at=now, longest=self.lifetimes.run
        )
        act = Act(
            action=BEGIN,
            target=f"operations/{order.operation_id}",
            scope=f"/projects/{order.project_id}",
            details={"step": order.step, "environment": order.environment},
        )
        async with self.work:
            await self.store.purge(now)
            await self.store.drop(order.key)
            await self.store.add(identity)
            await self.trail.record(service("auth", self.tenant_id), act)
        return token

    @override
    async def end(self, key: str) -> None:
        async with self.work:
            await self.store.drop(key)

    @override
    async def end_all(self, operation_id: UUID) -> None:
        async with self.work:
            await self.store.drop_all(operation_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRunToken:
    """Tell which step calls."""

    store: RunIdentityStore
    clock: Clock

    async def __call__(self, token: str, *, origin: Origin) -> Principal:
        """Return the step as a caller.

        Raises:
            Unauthenticated: no step that runs now has this token.
        """
        identity = await self.find(token)
        return Principal(
            id=identity.id,
            name=f"{identity.project}/{identity.step}",
            tenant_id=identity.tenant_id,
            kind=PrincipalKind.RUN,
            origin=origin,
        )

    async def find(self, token: str) -> RunIdentity:
        """Return the identity of a step that runs now.

        Raises:
            Unauthenticated: there is none.
        """
        digest = run_digest(token)
        found = None if digest is None else await self.store.by_digest(digest)
        if found is None or self.clock.now() >= found.expires_at:
            raise not_valid()
        return found
