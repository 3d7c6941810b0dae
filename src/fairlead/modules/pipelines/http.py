"""Runs over HTTP: translate, call one use case, translate back."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Self
from urllib.parse import quote
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.keys import request_key
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.adapters.http.sse import frames, offset, still
from fairlead.kernel.blobs import Blobs
from fairlead.kernel.journal import Frame, FrameKind
from fairlead.kernel.principal import Principal
from fairlead.modules.pipelines.permissions import RUN_READ
from fairlead.modules.pipelines.public import NORMAL, Artifact, Job, Run, Stage, Step
from fairlead.modules.pipelines.use_cases.end import CancelRun
from fairlead.modules.pipelines.use_cases.show import (
    FindArtifact,
    GetRun,
    ListRuns,
    ReadLogs,
)
from fairlead.modules.pipelines.use_cases.start import StartRun, Wanted
from fairlead.services.authz.public import project_scope

BINARY = "application/octet-stream"
RUNS = "/api/v1/runs"


class StartBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What to build (empty: the project's branch), and when: 0 last, 9 first."""

    revision: Annotated[str, Meta(max_length=200, examples=["main"])] = ""
    priority: Annotated[int, Meta(ge=0, le=9)] = NORMAL


class StepBody(Struct, kw_only=True):
    """A step; `exit_code` is that of its last attempt."""

    name: str
    stream: str
    state: str
    exit_code: int | None
    attempts: int
    duration_seconds: float | None
    started_at: datetime | None
    ended_at: datetime | None
    isolation: str
    reason: str

    @classmethod
    def of(cls, step: Step) -> Self:
        """Show a step."""
        return cls(
            name=step.name,
            stream=step.stream,
            state=step.state.value,
            exit_code=step.exit_code,
            attempts=step.attempts,
            duration_seconds=_seconds(step.started_at, step.ended_at),
            started_at=step.started_at,
            ended_at=step.ended_at,
            isolation=step.isolation,
            reason=step.reason,
        )


class JobBody(Struct, kw_only=True):
    """Steps in a row, or side by side when `parallel`."""

    name: str
    state: str
    parallel: bool
    steps: list[StepBody]

    @classmethod
    def of(cls, job: Job) -> Self:
        """Show a job."""
        return cls(
            name=job.name,
            state=job.state.value,
            parallel=job.parallel,
            steps=[StepBody.of(step) for step in job.steps],
        )


class StageBody(Struct, kw_only=True):
    """A stage."""

    name: str
    state: str
    jobs: list[JobBody]

    @classmethod
    def of(cls, stage: Stage) -> Self:
        """Show a stage."""
        return cls(
            name=stage.name,
            state=stage.state.value,
            jobs=[JobBody.of(job) for job in stage.jobs],
        )


class ArtifactBody(Struct, kw_only=True):
    """An artifact; `size` in bytes."""

    id: UUID
    name: str
    type: str
    filename: str
    size: int
    digest: str

    @classmethod
    def of(cls, artifact: Artifact) -> Self:
        """Show an artifact."""
        return cls(
            id=artifact.id,
            name=artifact.name,
            type=artifact.type,
            filename=artifact.filename,
            size=artifact.size,
            digest=artifact.digest,
        )


class RunBody(Struct, kw_only=True):
    """A run; lists leave `stages` and `artifacts` empty."""

    id: UUID
    operation_id: UUID
    project_id: UUID
    project: str
    number: int
    state: str
    priority: int
    revision: str
    commit: str
    title: str
    requested_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    duration_seconds: float | None
    reason: str
    urls: list[str]
    stages: list[StageBody]
    artifacts: list[ArtifactBody]

    @classmethod
    def of(cls, run: Run) -> Self:
        """Show a run."""
        return cls(
            id=run.id,
            operation_id=run.id,
            project_id=run.project_id,
            project=run.project,
            number=run.number,
            state=run.state.value,
            priority=run.priority,
            revision=run.revision,
            commit=run.commit,
            title=run.title,
            requested_by=run.requested_by,
            created_at=run.created_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
            duration_seconds=_seconds(run.started_at, run.ended_at),
            reason=run.reason,
            urls=list(run.urls),
            stages=[StageBody.of(stage) for stage in run.stages],
            artifacts=[ArtifactBody.of(artifact) for artifact in run.artifacts],
        )


def _seconds(started: datetime | None, ended: datetime | None) -> float | None:
    if started is None or ended is None:
        return None
    return round((ended - started).total_seconds(), 3)


class ProjectRunController(Controller):
    """Routes under `/api/v1/projects/…/runs`."""

    path = "/api/v1/projects/{project:str}/runs"
    tags = ("runs",)

    @post(status_code=202)
    @inject
    async def start(
        self,
        project: FromPath[str],
        request: Request[Any, Any, Any],
        who: FromDishka[Principal],
        start_run: FromDishka[StartRun],
        data: JSONBody[StartBody | None] = None,
    ) -> Response[RunBody]:
        """Start a run; its id is the id of its operation."""
        body = data or StartBody()
        run = await start_run(
            who,
            project,
            Wanted(revision=body.revision, priority=body.priority),
            request=request_key(request, body),
        )
        return Response(
            RunBody.of(run), status_code=202, headers={"Location": f"{RUNS}/{run.id}"}
        )

    @get("/{number:int}")
    @inject
    async def numbered(
        self,
        project: FromPath[str],
        number: FromPath[int],
        who: FromDishka[Principal],
        get_run: FromDishka[GetRun],
    ) -> RunBody:
        """Show a run by its number in the project."""
        return RunBody.of(await get_run(who, f"{project}/{number}"))


class RunController(Controller):
    """Routes under `/api/v1/runs`; `run` is an id or `project:number`."""

    path = RUNS
    tags = ("runs",)

    @get()
    @inject
    async def many(
        self,
        who: FromDishka[Principal],
        list_runs: FromDishka[ListRuns],
        project: FromQuery[str | None] = None,
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
    ) -> PageBody[RunBody]:
        """List the runs the caller may see, newest first, without their stages."""
        page = await list_runs(who, page_request(limit, after), project=project)
        return PageBody(items=[RunBody.of(run) for run in page.items], next=page.next)

    @get("/{run:str}")
    @inject
    async def one(
        self,
        run: FromPath[str],
        who: FromDishka[Principal],
        get_run: FromDishka[GetRun],
    ) -> RunBody:
        """Show a run with its stages, jobs, steps and artifacts."""
        return RunBody.of(await get_run(who, run))

    @get("/{run:str}/logs")
    @inject
    async def logs(
        self,
        run: FromPath[str],
        request: Request[Any, Any, Any],
        who: FromDishka[Principal],
        read_logs: FromDishka[ReadLogs],
        follow: FromQuery[bool] = True,
    ) -> Stream:
        """Send a run's events and output, live to its end, or what there is now."""
        after = offset(request)
        source = await read_logs(who, run, after=after, follow=follow)
        project = (await read_logs.find(who, run)).project_id
        allowed = still(request, RUN_READ, on=project_scope(project))
        return await frames(source, allowed=allowed)

    @get("/{run:str}/output")
    @inject
    async def output(
        self,
        run: FromPath[str],
        who: FromDishka[Principal],
        read_logs: FromDishka[ReadLogs],
        stream: FromQuery[str | None] = None,
    ) -> Stream:
        """Return the output there is now, as it was written; of one stream if named."""
        found = await read_logs(who, run, follow=False)
        return Stream(_output(found, stream), media_type="text/plain; charset=utf-8")

    @post("/{run:str}/cancel", status_code=202)
    @inject
    async def cancel(
        self,
        run: FromPath[str],
        who: FromDishka[Principal],
        cancel_run: FromDishka[CancelRun],
    ) -> RunBody:
        """Ask a run to end as cancelled; an ended one stays as it is."""
        return RunBody.of(await cancel_run(who, run))

    @get("/{run:str}/artifacts/{artifact:str}", media_type=BINARY)
    @inject
    async def artifact(
        self,
        run: FromPath[str],
        artifact: FromPath[str],
        who: FromDishka[Principal],
        find_artifact: FromDishka[FindArtifact],
        blobs: FromDishka[Blobs],
    ) -> Stream:
        """Download an artifact, by name or id."""
        stored = await find_artifact(who, run, artifact)
        name = quote(stored.artifact.filename)
        return Stream(
            blobs.read(stored.blob),
            media_type=BINARY,
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
                "Content-Length": str(stored.artifact.size),
                "X-Content-Type-Options": "nosniff",
                "ETag": f'"{stored.artifact.digest}"',
            },
        )


async def _output(
    found: AsyncIterator[Frame], stream: str | None
) -> AsyncIterator[bytes]:
    async for frame in found:
        if frame.kind is FrameKind.OUTPUT and stream in {None, frame.stream}:
            yield frame.data
