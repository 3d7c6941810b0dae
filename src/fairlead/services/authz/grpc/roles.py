"""Roles and bindings over gRPC."""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from google.protobuf.descriptor import ServiceDescriptor

from fairlead.adapters.grpc.generated.authz.v1 import authz_pb2
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.grpc.asked import ByName, Listing, Nothing
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    BindingFilter,
    HolderKind,
    Role,
    RoleDraft,
    Roles,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A role, and what it shall be."""

    name: str
    draft: RoleDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesServicer:
    """Serves `fairlead.authz.v1.Roles`."""

    service: ClassVar[ServiceDescriptor] = authz_pb2.DESCRIPTOR.services_by_name[
        "Roles"
    ]

    who: Principal
    roles: Roles

    async def list(self, asked: Listing) -> Page[Role]:
        """Return roles by name."""
        return await self.roles.list(self.who, asked.page)

    async def get(self, asked: ByName) -> Role:
        """Return one role."""
        return await self.roles.get(self.who, asked.name)

    async def create(self, asked: Drafted) -> Role:
        """Add a role."""
        return await self.roles.create(self.who, asked.name, asked.draft)

    async def update(self, asked: Drafted) -> Role:
        """Replace what a role is."""
        return await self.roles.update(self.who, asked.name, asked.draft)

    async def delete(self, asked: ByName) -> Nothing:
        """Remove a role that is not in use."""
        await self.roles.delete(self.who, asked.name)
        return Nothing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """Which bindings are wanted, and which page of them."""

    filter: BindingFilter = field(default_factory=BindingFilter)
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Who gets which role where."""

    holder: str
    role: str
    scope: str = ROOT
    kind: HolderKind = HolderKind.USER


@dataclass(frozen=True, slots=True, kw_only=True)
class ById:
    """The binding with an id."""

    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingsServicer:
    """Serves `fairlead.authz.v1.Bindings`."""

    service: ClassVar[ServiceDescriptor] = authz_pb2.DESCRIPTOR.services_by_name[
        "Bindings"
    ]

    who: Principal
    roles: Roles

    async def list(self, asked: Filtered) -> Page[Binding]:
        """Return the bindings the caller may see, by the holder's name."""
        return await self.roles.bindings(self.who, asked.page, wanted=asked.filter)

    async def bind(self, asked: Given) -> Binding:
        """Give a user or a group a role."""
        return await self.roles.bind(
            self.who, asked.holder, asked.role, scope=asked.scope, kind=asked.kind
        )

    async def unbind(self, asked: ById) -> Nothing:
        """Take a binding away."""
        await self.roles.unbind(self.who, asked.id)
        return Nothing()
