"""Environments and workloads over HTTP: translate, call one contract, and back."""

from collections.abc import AsyncGenerator, AsyncIterator
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from msgspec import Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.keys import request_key
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.adapters.http.sse import frames, offset, still
from fairlead.kernel.journal import Frame, FrameKind
from fairlead.kernel.principal import Principal
from fairlead.modules.environments.permissions import WORKLOAD_READ
from fairlead.modules.environments.public import (
    Environment,
    Environments,
    Workload,
    Workloads,
    WorkloadState,
)
from fairlead.services.authz.public import environment_scope


class EnvironmentBody(Struct, kw_only=True):
    """An environment as clients see it."""

    id: UUID
    name: str
    project: str
    project_id: UUID
    created_at: datetime

    @classmethod
    def of(cls, environment: Environment) -> Self:
        """Show all of it."""
        return cls(
            id=environment.id,
            name=environment.name,
            project=environment.project,
            project_id=environment.project_id,
            created_at=environment.created_at,
        )


class WorkloadBody(Struct, kw_only=True):
    """A workload as clients see it; `url` is empty before its first release.

    `operation_id` names the operation that changes it now.
    """

    id: UUID
    name: str
    project: str
    project_id: UUID
    environment: str
    environment_id: UUID
    state: WorkloadState
    url: str
    release: int
    replicas: int
    run_id: UUID
    restarts: int
    reason: str
    updated_at: datetime
    operation_id: UUID | None

    @classmethod
    def of(cls, workload: Workload) -> Self:
        """Show all of it."""
        return cls(
            id=workload.id,
            name=workload.name,
            project=workload.project,
            project_id=workload.project_id,
            environment=workload.environment,
            environment_id=workload.environment_id,
            state=workload.state,
            url=workload.url,
            release=workload.release,
            replicas=workload.replicas,
            run_id=workload.run_id,
            restarts=workload.restarts,
            reason=workload.reason,
            updated_at=workload.updated_at,
            operation_id=workload.operation_id,
        )


class EnvironmentController(Controller):
    """Routes under `/api/v1/environments`."""

    path = "/api/v1/environments"
    tags = ("environments",)

    @get()
    @inject
    async def index(
        self,
        who: FromDishka[Principal],
        environments: FromDishka[Environments],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
        project: FromQuery[str | None] = None,
    ) -> PageBody[EnvironmentBody]:
        """List environments by project and name."""
        page = await environments.list(who, page_request(limit, after), project=project)
        items = [EnvironmentBody.of(one) for one in page.items]
        return PageBody(items=items, next=page.next)


class WorkloadController(Controller):
    """Routes under `/api/v1/workloads`.

    `workload` is an id, or `project:environment:name`.
    """

    path = "/api/v1/workloads"
    tags = ("workloads",)

    @get()
    @inject
    async def index(
        self,
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
        project: FromQuery[str | None] = None,
    ) -> PageBody[WorkloadBody]:
        """List workloads by project, environment and name."""
        page = await workloads.list(who, page_request(limit, after), project=project)
        items = [WorkloadBody.of(one) for one in page.items]
        return PageBody(items=items, next=page.next)

    @get("/{workload:str}")
    @inject
    async def show(
        self,
        workload: FromPath[str],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> WorkloadBody:
        """Show one workload."""
        return WorkloadBody.of(await workloads.get(who, workload))

    @get("/{workload:str}/logs")
    @inject
    async def logs(
        self,
        workload: FromPath[str],
        request: Request[Any, Any, Any],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
        *,
        follow: FromQuery[bool] = True,
    ) -> Stream:
        """Send the output of its replicas as server-sent events, from an offset on."""
        after = offset(request)
        source = await workloads.logs(who, workload, after=after, follow=follow)
        found = await workloads.get(who, workload)
        scope = environment_scope(found.project_id, found.environment_id)
        return await frames(source, allowed=still(request, WORKLOAD_READ, on=scope))

    @get("/{workload:str}/output")
    @inject
    async def output(
        self,
        workload: FromPath[str],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> Stream:
        """Send the output kept up to now as plain text."""
        source = await workloads.logs(who, workload)
        return Stream(_bytes(source), media_type="text/plain")

    @post("/{workload:str}/restart", status_code=202)
    @inject
    async def restart(
        self,
        workload: FromPath[str],
        request: Request[Any, Any, Any],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> WorkloadBody:
        """Start its replicas anew; the old ones stop once the new ones answer."""
        key = request_key(request, None)
        return WorkloadBody.of(await workloads.restart(who, workload, request=key))

    @delete("/{workload:str}")
    @inject
    async def remove(
        self,
        workload: FromPath[str],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> None:
        """Stop it and remove its releases and output."""
        await workloads.delete(who, workload)


async def _bytes(source: AsyncIterator[Frame]) -> AsyncGenerator[bytes, None]:
    async for frame in source:
        if frame.kind is FrameKind.OUTPUT:
            yield frame.data
