"""Whose trails there are."""

from dataclasses import dataclass

from sqlalchemy import select
from typing_extensions import override

from fairlead.adapters.sql.tenants import AllTenants
from fairlead.kernel.principal import TenantId
from fairlead.services.audit.ports import Tenants
from fairlead.services.audit.sql.tables import seals


@dataclass(frozen=True, slots=True)
class SqlTenants(Tenants):
    """Reads the seals, of which each tenant with entries has one."""

    all_tenants: AllTenants

    @override
    async def recorded(self) -> tuple[TenantId, ...]:
        query = select(seals.c.tenant_id).order_by(seals.c.tenant_id)
        found = await self.all_tenants.connection.execute(query)
        return tuple(TenantId(each) for each in found.scalars())
