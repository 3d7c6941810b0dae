"""Operations over gRPC: call the public contract; the kit translates."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from google.protobuf.descriptor import ServiceDescriptor

from fairlead.adapters.grpc.generated.operations.v1 import operations_pb2
from fairlead.kernel.journal import Frame
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.operations.public import (
    Feeds,
    Operation,
    OperationFilter,
    Operations,
)
from fairlead.services.operations.use_cases.explain import (
    ExplainOperation,
    Explanation,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which operations are wanted, and which page of them."""

    filter: OperationFilter = field(default_factory=OperationFilter)
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ById:
    """The operation with an id."""

    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """The feed of an operation from an offset on."""

    id: UUID
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsServicer:
    """Serves `fairlead.operations.v1.Operations`."""

    service: ClassVar[ServiceDescriptor] = operations_pb2.DESCRIPTOR.services_by_name[
        "Operations"
    ]

    who: Principal
    operations: Operations
    explain_operation: ExplainOperation
    feeds: Feeds

    async def list(self, asked: Listing) -> Page[Operation]:
        """Return the operations the caller may see, newest first."""
        return await self.operations.list(self.who, asked.filter, asked.page)

    async def get(self, asked: ById) -> Operation:
        """Return one operation."""
        return await self.operations.get(self.who, asked.id)

    async def cancel(self, asked: ById) -> Operation:
        """Ask an operation to end as cancelled; an ended one stays as it is."""
        return await self.operations.cancel(self.who, asked.id)

    async def explain(self, asked: ById) -> Explanation:
        """Say why an operation waits, how it goes, or how it ended."""
        return await self.explain_operation(self.who, asked.id)

    async def follow(self, asked: Resume) -> AsyncIterator[Frame]:
        """Follow the feed an operation shares, from an offset on."""
        shown = await self.operations.get(self.who, asked.id)
        await self.feeds.read(shown.feed_id, after=asked.after)  # refuses a bad offset
        return self.feeds.follow(shown.feed_id, after=asked.after)
