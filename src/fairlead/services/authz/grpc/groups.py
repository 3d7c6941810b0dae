"""Groups over gRPC."""

from dataclasses import dataclass, field
from typing import ClassVar

from google.protobuf.descriptor import ServiceDescriptor

from fairlead.adapters.grpc.generated.authz.v1 import authz_pb2
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.grpc.asked import ByName, Listing, Nothing
from fairlead.services.authz.public import Group, Groups, Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A group, and what it is for."""

    name: str
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberListing:
    """A group, and which page of its members."""

    name: str
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A group and a user."""

    name: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsServicer:
    """Serves `fairlead.authz.v1.Groups`."""

    service: ClassVar[ServiceDescriptor] = authz_pb2.DESCRIPTOR.services_by_name[
        "Groups"
    ]

    who: Principal
    groups: Groups

    async def list(self, asked: Listing) -> Page[Group]:
        """Return groups by name."""
        return await self.groups.list(self.who, asked.page)

    async def get(self, asked: ByName) -> Group:
        """Return one group."""
        return await self.groups.get(self.who, asked.name)

    async def create(self, asked: Described) -> Group:
        """Add a group without members."""
        return await self.groups.create(self.who, asked.name, summary=asked.summary)

    async def update(self, asked: Described) -> Group:
        """Replace the summary."""
        return await self.groups.update(self.who, asked.name, summary=asked.summary)

    async def delete(self, asked: ByName) -> Nothing:
        """Remove a group, and what it had with it."""
        await self.groups.delete(self.who, asked.name)
        return Nothing()

    async def members(self, asked: MemberListing) -> Page[Member]:
        """Return the members by name."""
        return await self.groups.members(self.who, asked.name, asked.page)

    async def add(self, asked: Membership) -> Nothing:
        """Add a user."""
        await self.groups.add(self.who, asked.name, asked.user)
        return Nothing()

    async def remove(self, asked: Membership) -> Nothing:
        """Take a user out."""
        await self.groups.remove(self.who, asked.name, asked.user)
        return Nothing()
