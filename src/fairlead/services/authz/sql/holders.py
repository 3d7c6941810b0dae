"""Users by what they have, in a relational database."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, literal, select
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.paging import Keyset, encode_cursor
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.services.authz.ports.holders import Holder, HolderStore
from fairlead.services.authz.public import Binding, HolderKind
from fairlead.services.authz.sql.bindings import bindings
from fairlead.services.authz.sql.groups import groups, members

COLUMNS = [bindings.c[field.name] for field in fields(Binding)]
_OWN = Keyset((bindings.c.principal_name, bindings.c.principal_id))
_BY_GROUP = Keyset((members.c.user_name, members.c.user_id))


class SqlHolderStore(HolderStore):
    """Reads `authz_bindings` and `authz_members`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Find the users of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def having(
        self,
        roles: AbstractSet[str],
        scopes: AbstractSet[str] | None,
        page: PageRequest,
    ) -> Page[Holder]:
        given = self._given(roles, scopes)
        own = select(*_OWN.columns).where(
            *given, bindings.c.principal_kind == HolderKind.USER.value
        )
        having = and_(*given, bindings.c.principal_id == groups.c.id)
        holding = select(groups.c.id).where(  # from the groups, which are few
            groups.c.tenant_id == self._tenant_id,
            select(literal(1)).select_from(bindings).where(having).exists(),
        )
        by_group = select(*_BY_GROUP.columns).where(
            members.c.tenant_id == self._tenant_id, members.c.group_id.in_(holding)
        )
        found = {
            *await self._names(_OWN.select(own.distinct(), page)),
            *await self._names(_BY_GROUP.select(by_group.distinct(), page)),
        }
        first = sorted(found)[: page.limit + 1]
        kept = first[: page.limit]
        return Page(
            items=tuple(Holder(user_id=key, user_name=name) for name, key in kept),
            next=encode_cursor(*kept[-1]) if len(first) > page.limit else None,
        )

    @override
    async def rights_of(
        self, users: Collection[UUID]
    ) -> Mapping[UUID, tuple[Binding, ...]]:
        found: defaultdict[UUID, tuple[Binding, ...]] = defaultdict(tuple)
        if not users:
            return found
        own = select(bindings.c.principal_id.label("user_id"), *COLUMNS).where(
            bindings.c.tenant_id == self._tenant_id,
            bindings.c.principal_id.in_(users),
        )
        same = and_(
            members.c.tenant_id == bindings.c.tenant_id,
            members.c.group_id == bindings.c.principal_id,
        )
        by_group = (
            select(members.c.user_id, *COLUMNS)
            .select_from(members.join(bindings, same))
            .where(members.c.tenant_id == self._tenant_id, members.c.user_id.in_(users))
        )
        for query in (own, by_group):
            rows = (await self._connection.execute(query)).mappings()
            for row in rows:
                values = dict(row)
                values["principal_kind"] = HolderKind(values["principal_kind"])
                found[values.pop("user_id")] += (Binding(**values),)
        return found

    def _given(
        self, roles: AbstractSet[str], scopes: AbstractSet[str] | None
    ) -> list[Any]:
        found = [
            bindings.c.tenant_id == self._tenant_id,
            bindings.c.role.in_(sorted(roles)),
        ]
        if scopes is not None:
            found.append(bindings.c.scope.in_(sorted(scopes)))
        return found

    async def _names(self, query: Select[Any]) -> list[tuple[str, UUID]]:
        rows = await self._connection.execute(query)
        return [(str(name), key) for name, key in rows]
