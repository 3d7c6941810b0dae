"""Starting a run: recorded first, then handed to operations."""

from dataclasses import dataclass
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.events import Outbox
from fairlead.kernel.idempotency import IdempotencyKeys, RequestKey
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import Principal, service
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.pipelines.domain.records import RUN, Record
from fairlead.modules.pipelines.domain.views import shown
from fairlead.modules.pipelines.permissions import RUN_PRIORITISE, RUN_START
from fairlead.modules.pipelines.ports import RunStore
from fairlead.modules.pipelines.public import (
    NORMAL,
    ExecutorRefused,
    Run,
    RunNotFound,
    RunQueued,
    State,
)
from fairlead.modules.projects.permissions import PROJECT_READ
from fairlead.modules.projects.public import Project, ProjectNotFound, Projects
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.authz.public import Authorizer, project_scope
from fairlead.services.operations.public import Operations, Submission

NAME = "pipelines"
MAX_REVISION = 200
HIGHEST = 9


class BadRevision(FairleadError):
    """The revision cannot be the name of a branch, a tag or a commit."""

    kind = ErrorKind.INVALID
    code = "pipelines.bad_revision"


class BadPriority(FairleadError):
    """A priority is a whole number from 0 (last) to 9 (first)."""

    kind = ErrorKind.INVALID
    code = "pipelines.bad_priority"


@dataclass(frozen=True, slots=True)
class ExecutorRule:
    """Whether steps may run here at all, as the settings say."""

    executor: str
    unsafe_local: bool

    def check(self) -> None:
        """Refuse an executor without isolation, unless the settings allow it.

        Raises:
            ExecutorRefused: they do not.
        """
        if self.executor == "process" and not self.unsafe_local:
            raise ExecutorRefused(
                "Steps would run without isolation, as processes of the server's user; "
                "set pipelines.unsafe_local to true to allow that.",
                executor=self.executor,
            )


def submission_of(record: Record) -> Submission:
    """Return the operation that carries out a run; its id is the run's."""
    return Submission(
        id=record.id,
        kind=RUN,
        argument={"number": record.number, "project": record.project},
        subject=f"{record.project}/{record.number}",
        scope=project_scope(record.project_id),
        project_id=record.project_id,
        priority=record.priority,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be run, and how urgently."""

    revision: str = ""
    priority: int = NORMAL

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            BadRevision: `revision` cannot be one.
            BadPriority: the priority is out of range.
        """
        check_revision(self.revision)
        if not 0 <= self.priority <= HIGHEST:
            raise BadPriority(
                f"Give a priority from 0 (last) to {HIGHEST} (first).",
                priority=self.priority,
            )


USUAL = Wanted()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Queue a run of a project's pipeline."""

    runs: RunStore
    projects: Projects
    operations: Operations
    authorizer: Authorizer
    trail: AuditTrail
    keys: IdempotencyKeys
    outbox: Outbox
    work: UnitOfWork
    clock: Clock
    rule: ExecutorRule

    async def __call__(
        self,
        who: Principal,
        project: str,
        wanted: Wanted = USUAL,
        *,
        request: RequestKey | None = None,
        run_id: UUID | None = None,
    ) -> Run:
        """Record the run and submit its operation; once per request key and run id.

        Raises:
            ProjectNotFound: there is none that `who` may see.
            NotAllowed: `who` may not start runs of it.
            ExecutorRefused: the settings allow no executor.
            BadRevision: `revision` cannot be one.
            BadPriority: the priority is out of range.
            KeyReused: the request key was used with another body.
        """
        found = await self.admit(who, project, wanted)
        record = await self._known(run_id)
        if record is None:
            record = await self._record(who, found, wanted, request, run_id)
        if record.state is State.QUEUED:
            # the event does the same after a crash; submitting twice is fine
            await self.operations.submit(who, submission_of(record))
        return shown(record)

    async def admit(self, who: Principal, project: str, wanted: Wanted) -> Project:
        """Return the project, if `who` may start such a run, and one may run here.

        It is found first, so that a refusal names it, and what was really asked for.

        Raises:
            ProjectNotFound, NotAllowed, ExecutorRefused, BadRevision, BadPriority: as
                above.
        """
        missing = ProjectNotFound(f"There is no project '{project}'.")
        try:
            found = await self.projects.get(service(NAME, who.tenant_id), project)
        except ProjectNotFound as error:
            raise missing from error
        await self.authorizer.require(
            who,
            RUN_START,
            on=project_scope(found.id),
            sees=PROJECT_READ,
            missing=missing,
        )
        async with told(self.trail, who, act_on(found), ExecutorRefused):
            self.rule.check()
        wanted.check()
        if wanted.priority > NORMAL:
            scope = project_scope(found.id)
            await self.authorizer.require(who, RUN_PRIORITISE, on=scope)
        return found

    async def _known(self, run_id: UUID | None) -> Record | None:
        if run_id is None:
            return None
        try:
            return await self.runs.get(run_id)
        except RunNotFound:
            return None

    async def _record(
        self,
        who: Principal,
        project: Project,
        wanted: Wanted,
        request: RequestKey | None,
        given: UUID | None,
    ) -> Record:
        async with self.work:
            known = await self._known(given)  # somebody else may have been quicker
            if known is not None:
                return known
            run_id = given or new_id()  # in turn, so that ids and numbers go alike
            claimed = await self._claim(who, project, request, run_id)
            if claimed != run_id:
                return await self.runs.get(claimed)
            record = Record(
                id=run_id,
                project_id=project.id,
                project=project.name,
                number=await self.runs.next_number(project.id),
                repository=project.repository,
                wanted=wanted.revision or project.branch,
                state=State.QUEUED,
                revision=wanted.revision,
                priority=wanted.priority,
                requested_by=who.name,
                created_at=self.clock.now(),
            )
            await self.runs.add(record)
            await self.trail.record(who, act_of(record))
            await self.outbox.add(
                RunQueued(
                    at=record.created_at,
                    aggregate=f"runs/{run_id}",
                    actor=who,
                    run_id=run_id,
                    project_id=project.id,
                )
            )
        return record

    async def _claim(
        self, who: Principal, project: Project, request: RequestKey | None, new: UUID
    ) -> UUID:
        if request is None:
            return new
        action = f"{RUN_START}:{project.id}"
        return await self.keys.claim(who, action, request, new=new)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitQueuedRun:
    """Submit a run's operation, unless that was done; for a start cut short."""

    runs: RunStore
    operations: Operations

    async def __call__(self, who: Principal, run_id: UUID) -> None:
        """Submit it when it is still queued.

        Raises:
            RunNotFound: its project was deleted meanwhile.
        """
        record = await self.runs.get(run_id)
        if record.state is State.QUEUED:
            await self.operations.submit(who, submission_of(record))


def check_revision(revision: str) -> None:
    """Refuse what cannot be the name of a branch, a tag or a commit.

    Raises:
        BadRevision: it cannot.
    """
    bad = revision.startswith("-") or not revision.isprintable() or " " in revision
    if bad or len(revision) > MAX_REVISION:
        raise BadRevision(
            f"'{revision[:80]}' is no revision; name a branch, a tag or a commit.",
            revision=revision[:80],
        )


def act_on(project: Project) -> Act:
    """Return what the audit trail keeps of a run that was not even queued."""
    return Act(
        action=RUN_START,
        target=f"projects/{project.id}",
        scope=project_scope(project.id),
        details={"project": project.name},
    )


def act_of(record: Record) -> Act:
    """Return what the audit trail keeps of a run."""
    return Act(
        action=RUN_START,
        target=f"runs/{record.id}",
        scope=project_scope(record.project_id),
        details={
            "project": record.project,
            "number": str(record.number),
            "revision": record.revision,
            "priority": str(record.priority),
        },
    )
