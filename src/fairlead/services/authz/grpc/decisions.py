"""Decisions and comparisons over gRPC."""

from dataclasses import dataclass, field
from typing import ClassVar

from google.protobuf.descriptor import ServiceDescriptor

from fairlead.adapters.grpc.generated.authz.v1 import authz_pb2
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import (
    ROOT,
    Capable,
    Comparisons,
    Decision,
    Decisions,
    Difference,
    RoleDraft,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A permission in a scope, of the caller."""

    permission: str
    scope: str = ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class ForUser:
    """A permission in a scope, of a user."""

    user: str
    permission: str
    scope: str = ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Everybodys:
    """A permission in a scope, and which page of those who have it."""

    permission: str
    scope: str = ROOT
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsServicer:
    """Serves `fairlead.authz.v1.Decisions`."""

    service: ClassVar[ServiceDescriptor] = authz_pb2.DESCRIPTOR.services_by_name[
        "Decisions"
    ]

    who: Principal
    decisions: Decisions

    async def can_i(self, asked: Own) -> Decision:
        """Decide for the caller."""
        return await self.decisions.can_i(self.who, asked.permission, on=asked.scope)

    async def can(self, asked: ForUser) -> Decision:
        """Decide for another user."""
        return await self.decisions.can(
            self.who, asked.user, asked.permission, on=asked.scope
        )

    async def who_can(self, asked: Everybodys) -> Page[Capable]:
        """Return the users who may do it there, by name."""
        return await self.decisions.who_can(
            self.who, asked.permission, asked.page, on=asked.scope
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleComparison:
    """A role as it could be; without a draft it is gone."""

    name: str
    draft: RoleDraft | None = None
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleComparison:
    """The permissions that a version of a module declares."""

    name: str
    permissions: frozenset[str]
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonsServicer:
    """Serves `fairlead.authz.v1.Comparisons`."""

    service: ClassVar[ServiceDescriptor] = authz_pb2.DESCRIPTOR.services_by_name[
        "Comparisons"
    ]

    who: Principal
    comparisons: Comparisons

    async def role(self, asked: RoleComparison) -> Page[Difference]:
        """Compare with a role as it could be."""
        return await self.comparisons.role(
            self.who, asked.name, asked.draft, asked.page
        )

    async def module(self, asked: ModuleComparison) -> Page[Difference]:
        """Compare with a version of a module."""
        return await self.comparisons.module(
            self.who, asked.name, asked.permissions, asked.page
        )
