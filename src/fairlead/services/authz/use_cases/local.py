"""Roles and groups in this process."""

from dataclasses import dataclass
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import (
    Binding,
    BindingFilter,
    Group,
    Groups,
    HolderKind,
    Member,
    Role,
    RoleDraft,
    Roles,
)
from fairlead.services.authz.use_cases.bindings import Bind, ListBindings, Unbind
from fairlead.services.authz.use_cases.groups import (
    CreateGroup,
    DeleteGroup,
    ShowGroups,
    UpdateGroup,
)
from fairlead.services.authz.use_cases.members import (
    AddMember,
    ListMembers,
    RemoveMember,
)
from fairlead.services.authz.use_cases.roles import (
    CreateRole,
    DeleteRole,
    ShowRoles,
    UpdateRole,
)

EVERY = BindingFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRoles(Roles):
    """Roles and bindings in this process."""

    shown: ShowRoles
    make: CreateRole
    change: UpdateRole
    drop: DeleteRole
    list_bindings: ListBindings
    give: Bind
    take: Unbind

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[Role]:
        return await self.shown.list(who, page)

    @override
    async def get(self, who: Principal, name: str) -> Role:
        return await self.shown.get(who, name)

    @override
    async def create(self, who: Principal, name: str, draft: RoleDraft) -> Role:
        return await self.make(who, name, draft)

    @override
    async def update(self, who: Principal, name: str, draft: RoleDraft) -> Role:
        return await self.change(who, name, draft)

    @override
    async def delete(self, who: Principal, name: str) -> None:
        await self.drop(who, name)

    @override
    async def bindings(
        self, who: Principal, page: PageRequest, *, wanted: BindingFilter = EVERY
    ) -> Page[Binding]:
        return await self.list_bindings(who, wanted, page)

    @override
    async def bind(
        self,
        who: Principal,
        holder: str,
        role: str,
        *,
        scope: str,
        kind: HolderKind = HolderKind.USER,
    ) -> Binding:
        return await self.give(who, holder, role, scope=scope, kind=kind)

    @override
    async def unbind(self, who: Principal, binding_id: UUID) -> None:
        await self.take(who, binding_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalGroups(Groups):
    """Groups in this process."""

    shown: ShowGroups
    make: CreateGroup
    change: UpdateGroup
    drop: DeleteGroup
    list_members: ListMembers
    put_in: AddMember
    take_out: RemoveMember

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[Group]:
        return await self.shown.list(who, page)

    @override
    async def get(self, who: Principal, name: str) -> Group:
        return await self.shown.get(who, name)

    @override
    async def create(self, who: Principal, name: str, *, summary: str = "") -> Group:
        return await self.make(who, name, summary=summary)

    @override
    async def update(self, who: Principal, name: str, *, summary: str) -> Group:
        return await self.change(who, name, summary=summary)

    @override
    async def delete(self, who: Principal, name: str) -> None:
        await self.drop(who, name)

    @override
    async def members(
        self, who: Principal, name: str, page: PageRequest
    ) -> Page[Member]:
        return await self.list_members(who, name, page)

    @override
    async def add(self, who: Principal, name: str, user: str) -> None:
        await self.put_in(who, name, user)

    @override
    async def remove(self, who: Principal, name: str, user: str) -> None:
        await self.take_out(who, name, user)
