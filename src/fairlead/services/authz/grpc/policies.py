"""Policies over gRPC."""

from dataclasses import dataclass
from typing import ClassVar

from google.protobuf.descriptor import ServiceDescriptor

from fairlead.adapters.grpc.generated.authz.v1 import authz_pb2
from fairlead.kernel.paging import Page
from fairlead.kernel.principal import Principal
from fairlead.services.authz.grpc.asked import ByName, Listing, Nothing
from fairlead.services.authz.public import Policies, Policy, PolicyDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A policy, and what it shall be."""

    name: str
    draft: PolicyDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrafted:
    """The same, if it still is the version that the caller saw."""

    name: str
    draft: PolicyDraft
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a policy could be."""

    draft: PolicyDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesServicer:
    """Serves `fairlead.authz.v1.Policies`."""

    service: ClassVar[ServiceDescriptor] = authz_pb2.DESCRIPTOR.services_by_name[
        "Policies"
    ]

    who: Principal
    policies: Policies

    async def list(self, asked: Listing) -> Page[Policy]:
        """Return policies by name."""
        return await self.policies.list(self.who, asked.page)

    async def get(self, asked: ByName) -> Policy:
        """Return one policy."""
        return await self.policies.get(self.who, asked.name)

    async def create(self, asked: Drafted) -> Policy:
        """Add a policy."""
        return await self.policies.create(self.who, asked.name, asked.draft)

    async def update(self, asked: Redrafted) -> Policy:
        """Replace what a policy is."""
        return await self.policies.update(
            self.who, asked.name, asked.draft, version=asked.version
        )

    async def delete(self, asked: ByName) -> Nothing:
        """Remove a policy."""
        await self.policies.delete(self.who, asked.name)
        return Nothing()

    async def check(self, asked: Checked) -> Nothing:
        """Find out whether a policy could be stored."""
        await self.policies.check(self.who, asked.draft)
        return Nothing()
