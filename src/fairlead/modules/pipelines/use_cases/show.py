"""Finding and showing runs, their output and their artifacts."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import UUID

from fairlead.kernel.journal import Frame, FrameKind
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, service
from fairlead.modules.pipelines.domain.errors import ArtifactNotFound
from fairlead.modules.pipelines.domain.records import Record, StoredArtifact
from fairlead.modules.pipelines.domain.views import shown
from fairlead.modules.pipelines.permissions import ARTIFACT_READ, RUN_READ
from fairlead.modules.pipelines.ports import ArtifactStore, RunStore, StepStore
from fairlead.modules.pipelines.public import Run, RunNotFound, State
from fairlead.modules.pipelines.use_cases.start import NAME
from fairlead.modules.projects.public import ProjectNotFound, Projects
from fairlead.services.authz.public import Authorizer, NotAllowed, project_scope
from fairlead.services.operations.public import Feeds, OperationNotFound, Operations


@dataclass(frozen=True, slots=True, kw_only=True)
class FindRun:
    """Find a run by what a caller names it, if they may do what they want with it."""

    runs: RunStore
    projects: Projects
    authorizer: Authorizer

    async def __call__(
        self, who: Principal, run: str, *, permission: str = RUN_READ
    ) -> Record:
        """Return the run with this id, or `project/number`, or `project:number`.

        Raises:
            RunNotFound: there is none that `who` may see.
            NotAllowed: `who` may see it but lacks `permission`.
        """
        missing = RunNotFound(f"There is no run {run[:120]}.", run=run[:120])
        record = await self._record(who, run, missing)
        await self.authorizer.require(
            who,
            permission,
            on=project_scope(record.project_id),
            target=f"runs/{record.id}",
            sees=RUN_READ,
            missing=missing,
        )
        return record

    async def _record(self, who: Principal, run: str, missing: RunNotFound) -> Record:
        project, slash, number = run.replace(":", "/").rpartition("/")
        try:
            if not slash:
                return await self.runs.get(UUID(run))
            if not (number.isascii() and number.isdigit() and len(number) < 10):  # noqa: PLR2004
                raise missing
            found = await self.projects.get(service(NAME, who.tenant_id), project)
            return await self.runs.numbered(found.id, int(number))
        except (ValueError, ProjectNotFound, RunNotFound) as error:
            raise missing from error


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRun:
    """Show one run."""

    find: FindRun
    steps: StepStore
    artifacts: ArtifactStore
    operations: Operations

    async def __call__(self, who: Principal, run: str) -> Run:
        """Return one run with its stages and artifacts, or why it waits.

        Raises:
            RunNotFound: there is none that `who` may see.
        """
        record = await self.find(who, run)
        if record.state is State.QUEUED:
            return replace(shown(record), reason=await self._waits(who, record))
        steps = await self.steps.of_run(record.id)
        return shown(record, steps, await self.artifacts.of_run(record.id))

    async def _waits(self, who: Principal, record: Record) -> str:
        try:
            return (await self.operations.get(who, record.id)).reason
        except (OperationNotFound, NotAllowed):  # not yet submitted, or not theirs
            return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRuns:
    """Show many runs."""

    runs: RunStore
    projects: Projects
    authorizer: Authorizer

    async def __call__(
        self, who: Principal, page: PageRequest, *, project: str | None = None
    ) -> Page[Run]:
        """Return the runs `who` may see, newest first, without stages.

        Raises:
            ProjectNotFound: `project` names none that `who` may see.
            BadPage: `page.after` is no cursor of this list.
        """
        only = None if project is None else (await self.projects.get(who, project)).id
        reach = await self.authorizer.reach(who, RUN_READ)
        found = await self.runs.page(reach, page, project_id=only)
        return Page(
            items=tuple(shown(record) for record in found.items), next=found.next
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLogs:
    """Show a run's events and output."""

    find: FindRun
    feeds: Feeds

    async def __call__(
        self, who: Principal, run: str, *, after: int = 0, follow: bool = True
    ) -> AsyncIterator[Frame]:
        """Return the frames from `after` on; live to the end, or what is there now.

        Raises:
            RunNotFound: there is none that `who` may see.
            BadOffset: `after` is not where a frame begins.
        """
        record = await self.find(who, run)
        first = await self.feeds.read(record.id, after=after)
        pruned = not after and not first and record.ended_at is not None
        if follow and not pruned:
            return self.feeds.follow(record.id, after=after)
        return self._stored(record.id, first)

    async def _stored(self, feed_id: UUID, frames: list[Frame]) -> AsyncIterator[Frame]:
        while frames:
            for frame in frames:
                yield frame
                if frame.kind is FrameKind.END:
                    return
            frames = await self.feeds.read(feed_id, after=frames[-1].next)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindArtifact:
    """Find an artifact that a caller wants to download."""

    find: FindRun
    artifacts: ArtifactStore

    async def __call__(self, who: Principal, run: str, artifact: str) -> StoredArtifact:
        """Return the artifact of this name or id.

        Raises:
            RunNotFound: there is no such run that `who` may see.
            NotAllowed: `who` may not download its artifacts.
            ArtifactNotFound: the run made none of this name or id.
        """
        record = await self.find(who, run, permission=ARTIFACT_READ)
        for stored in await self.artifacts.of_run(record.id):
            if artifact in {stored.artifact.name, str(stored.artifact.id)}:
                return stored
        raise ArtifactNotFound(
            f"The run has no artifact '{artifact[:80]}'.", artifact=artifact[:80]
        )
