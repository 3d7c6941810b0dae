"""Whose rows the statements of a connection see."""

from dataclasses import dataclass
from uuid import UUID

from fairlead.adapters.sql.connection import Connection
from fairlead.kernel.principal import Principal, PrincipalKind, TenantId

EVERY_TENANT = TenantId(UUID(int=2**128 - 1))
"""Entered by the platform's own services, `service(name, EVERY_TENANT)`, for work that
crosses tenants: the scope's connection sees the rows of all of them."""


@dataclass(frozen=True, slots=True)
class AllTenants:
    """A connection that sees every tenant's rows, whoever the scope belongs to.

    Only for what no single tenant can answer (which ports are taken on this machine).
    """

    connection: Connection


def seen_by(who: Principal) -> TenantId | None:
    """Return the tenant whose rows `who` may see; None: those of every tenant.

    Only our own services are believed when they ask for every tenant.
    """
    if who.kind is PrincipalKind.SERVICE and who.tenant_id == EVERY_TENANT:
        return None
    return who.tenant_id
