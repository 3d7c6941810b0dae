"""Users by what they have, in a relational database."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal, select, union_all
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
AT_ONCE = 100  # queries in one statement
Query = Select[Any]
_OWN = Keyset((bindings.c.principal_name, bindings.c.principal_id))
_MEMBERS = Keyset((members.c.user_name, members.c.user_id))


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
        found = await self._first(_OWN, self._own(roles, scopes), page)
        found |= await self._first(_MEMBERS, await self._members(roles, scopes), page)
        first = sorted(found)[: page.limit + 1]
        kept = first[: page.limit]
        return Page(
            items=tuple(Holder(user_id=key, user_name=name) for name, key in kept),
            next=encode_cursor(*kept[-1]) if len(first) > page.limit else None,
        )

    def _own(
        self, roles: AbstractSet[str], scopes: AbstractSet[str] | None
    ) -> list[Query]:
        """Return the queries for those who have it by themselves.

        Each role in each scope is a range of an index, in the order of the names.
        """
        users = (
            bindings.c.tenant_id == self._tenant_id,
            bindings.c.principal_kind == HolderKind.USER.value,
        )
        if scopes is None:
            named = bindings.c.role.in_(sorted(roles))
            return [select(*_OWN.columns).where(*users, named).distinct()]
        return [
            select(*_OWN.columns).where(
                *users, bindings.c.role == role, bindings.c.scope == scope
            )
            for role in sorted(roles)
            for scope in sorted(scopes)
        ]

    async def _members(
        self, roles: AbstractSet[str], scopes: AbstractSet[str] | None
    ) -> list[Query]:
        """Return the queries for the members of each group that has it."""
        given = [
            bindings.c.tenant_id == groups.c.tenant_id,
            bindings.c.principal_id == groups.c.id,
            bindings.c.role.in_(sorted(roles)),
        ]
        if scopes is not None:
            given.append(bindings.c.scope.in_(sorted(scopes)))
        holding = select(groups.c.id).where(  # from the groups, which are few
            groups.c.tenant_id == self._tenant_id,
            select(literal(1)).select_from(bindings).where(*given).exists(),
        )
        found = (await self._connection.execute(holding)).scalars().all()
        return [
            select(*_MEMBERS.columns).where(
                members.c.tenant_id == self._tenant_id, members.c.group_id == group
            )
            for group in found
        ]

    async def _first(
        self, keyset: Keyset, queries: Sequence[Query], page: PageRequest
    ) -> set[tuple[str, UUID]]:
        """Return names and ids: all those that the page could hold, and some more."""
        found: set[tuple[str, UUID]] = set()
        for start in range(0, len(queries), AT_ONCE):
            parts = [
                select(keyset.select(query, page).subquery())
                for query in queries[start : start + AT_ONCE]
            ]
            rows = await self._connection.execute(union_all(*parts))
            found.update((str(name), key) for name, key in rows)
        return found

    @override
    async def rights_of(
        self, users: Collection[UUID]
    ) -> Mapping[UUID, tuple[Binding, ...]]:
        if not users:
            return {}
        query = select(members.c.user_id, members.c.group_id).where(
            members.c.tenant_id == self._tenant_id, members.c.user_id.in_(users)
        )
        groups_of: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for user, group in await self._connection.execute(query):
            groups_of[user].add(group)
        held = await self._held({*users}.union(*groups_of.values()))
        return {
            user: tuple(
                binding
                for holder in (user, *sorted(groups_of[user]))
                for binding in held[holder]
            )
            for user in users
        }

    async def _held(self, holders: AbstractSet[UUID]) -> Mapping[UUID, list[Binding]]:
        """Return the bindings of users and groups themselves."""
        query = select(*COLUMNS).where(
            bindings.c.tenant_id == self._tenant_id,
            bindings.c.principal_id.in_(sorted(holders)),
        )
        found: defaultdict[UUID, list[Binding]] = defaultdict(list)
        for row in (await self._connection.execute(query)).mappings():
            kind = HolderKind(row["principal_kind"])
            binding = Binding(**{**row, "principal_kind": kind})
            found[binding.principal_id].append(binding)
        return found
