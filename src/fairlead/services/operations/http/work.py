"""Operations over HTTP: translate, call one use case, translate back."""

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.adapters.http.sse import frames, offset, still
from fairlead.kernel.principal import Principal
from fairlead.services.operations.permissions import OPERATION_READ
from fairlead.services.operations.public import (
    Operation,
    OperationFilter,
    Operations,
    OperationState,
)
from fairlead.services.operations.use_cases.explain import (
    ExplainOperation,
    Explanation,
)
from fairlead.services.operations.use_cases.follow import FollowOperation


class OperationErrorBody(Struct, kw_only=True):
    """Why an operation failed."""

    code: str
    message: str


class OperationBody(Struct, kw_only=True):
    """An operation as clients see it."""

    id: UUID
    kind: str
    subject: str
    scope: str
    state: OperationState
    reason: str
    priority: int
    project_id: UUID | None
    parent_id: UUID | None
    feed_id: UUID
    requested_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    result: Any
    error: OperationErrorBody | None

    @classmethod
    def of(cls, operation: Operation) -> Self:
        """Show all of it; an operation holds no secrets."""
        error = operation.error
        return cls(
            id=operation.id,
            kind=operation.kind,
            subject=operation.subject,
            scope=operation.scope,
            state=operation.state,
            reason=operation.reason,
            priority=operation.priority,
            project_id=operation.project_id,
            parent_id=operation.parent_id,
            feed_id=operation.feed_id,
            requested_by=operation.requested_by,
            created_at=operation.created_at,
            started_at=operation.started_at,
            ended_at=operation.ended_at,
            result=operation.result,
            error=None
            if error is None
            else OperationErrorBody(code=error.code, message=error.message),
        )


class HolderBody(Struct, kw_only=True):
    """An operation that holds a slot another one waits for."""

    id: UUID
    subject: str
    kind: str


class StepRetryBody(Struct, kw_only=True):
    """A step that was tried before; `next_at` is null while it runs."""

    step: str
    attempt: int
    attempts: int
    cut_off: int
    code: str
    message: str
    next_at: datetime | None


class ExplanationBody(Struct, kw_only=True):
    """Why an operation waits, or how it went."""

    operation: OperationBody
    explanation: list[str]
    position: int | None
    queued: int
    limit: str
    limit_value: int | None
    reached_by: list[HolderBody]
    hidden: int
    waited_seconds: float
    ran_seconds: float | None
    retries: list[StepRetryBody]

    @classmethod
    def of(cls, told: Explanation) -> Self:
        """Show all of it."""
        return cls(
            operation=OperationBody.of(told.operation),
            explanation=list(told.sentences),
            position=told.position,
            queued=told.queued,
            limit=told.limit,
            limit_value=told.limit_value,
            reached_by=[
                HolderBody(id=each.id, subject=each.subject, kind=each.kind)
                for each in told.reached_by
            ],
            hidden=told.hidden,
            waited_seconds=told.waited_seconds,
            ran_seconds=told.ran_seconds,
            retries=[StepRetryBody(**asdict(each)) for each in told.retries],
        )


class Order(StrEnum):
    """In which order operations are listed; `turn`: only those that wait."""

    NEWEST = "newest"
    TURN = "turn"


def wanted(
    in_state: Annotated[OperationState | None, QueryParameter(name="state")] = None,
    kind: FromQuery[str | None] = None,
    project: FromQuery[UUID | None] = None,
    order: FromQuery[Order] = Order.NEWEST,
) -> OperationFilter:
    """Return which operations the query parameters ask for."""
    return OperationFilter(
        state=in_state,
        kind=kind,
        project_id=project,
        by_turn=order is Order.TURN,
    )


class OperationController(Controller):
    """Routes under `/api/v1/operations`."""

    path = "/api/v1/operations"
    tags = ("operations",)

    @get("/", dependencies={"wanted": Provide(wanted, sync_to_thread=False)})
    @inject
    async def index(
        self,
        who: FromDishka[Principal],
        operations: FromDishka[Operations],
        wanted: NamedDependency[OperationFilter],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
    ) -> PageBody[OperationBody]:
        """Return the operations the caller may see, newest first or the queue."""
        found = await operations.list(who, wanted, page_request(limit, after))
        items = [OperationBody.of(operation) for operation in found.items]
        return PageBody(items=items, next=found.next)

    @get("/{operation:uuid}")
    @inject
    async def show(
        self,
        operation: FromPath[UUID],
        who: FromDishka[Principal],
        operations: FromDishka[Operations],
    ) -> OperationBody:
        """Return one operation."""
        return OperationBody.of(await operations.get(who, operation))

    @get("/{operation:uuid}/explain")
    @inject
    async def explain(
        self,
        operation: FromPath[UUID],
        who: FromDishka[Principal],
        explain_operation: FromDishka[ExplainOperation],
    ) -> ExplanationBody:
        """Say why an operation waits, how it goes, or how it ended."""
        return ExplanationBody.of(await explain_operation(who, operation))

    @post("/{operation:uuid}/cancel", status_code=202)
    @inject
    async def cancel(
        self,
        operation: FromPath[UUID],
        who: FromDishka[Principal],
        operations: FromDishka[Operations],
    ) -> OperationBody:
        """Ask an operation to end as cancelled; an ended one stays as it is."""
        return OperationBody.of(await operations.cancel(who, operation))

    @get("/{operation:uuid}/feed")
    @inject
    async def feed(
        self,
        request: Request[Any, Any, Any],
        operation: FromPath[UUID],
        who: FromDishka[Principal],
        follow_operation: FromDishka[FollowOperation],
    ) -> Stream:
        """Follow an operation's events and output as server-sent events.

        A part of another operation shares that one's feed, which is for those who may
        see that one, too.
        """
        after = offset(request)
        scope = (await follow_operation.owner(who, operation)).scope
        return await frames(
            await follow_operation(who, operation, after=after),
            allowed=still(request, OPERATION_READ, on=scope),
        )
