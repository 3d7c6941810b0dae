"""An installation to look at: projects, runs, workloads, people, acts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fairlead.kernel.principal import DEFAULT_TENANT, Principal
from fairlead.modules.environments.public import Workload, WorkloadState
from fairlead.modules.pipelines.public import (
    Artifact,
    Job,
    Run,
    Stage,
    State,
    Step,
)
from fairlead.modules.projects.public import Project
from fairlead.services.audit.public import Act, Entry, Outcome
from fairlead.services.authz.public import Binding, Role
from fairlead.services.identity.public import User
from fairlead.services.operations.public import (
    Operation,
    OperationError,
    OperationState,
)

ADA = Principal(id=UUID(int=7), name="ada")
NAMES = ("billing", "catalog", "hello", "search")


@dataclass(frozen=True, slots=True)
class Samples:
    """Everything as it stands at `now`."""

    now: datetime

    def at(self, seconds: float) -> datetime:
        """Return the instant so many seconds ago."""
        return self.now - timedelta(seconds=seconds)

    def projects(self) -> list[Project]:
        """Return four projects."""
        return [
            Project(
                id=UUID(int=100 + place),
                name=name,
                repository=f"https://git.example/shop/{name}.git",
                branch="main" if place % 2 else "",
                created_at=self.at(86400 * (9 - place)),
            )
            for place, name in enumerate(NAMES)
        ]

    def step(
        self, stream: str, state: State, began: float | None, ended: float | None
    ) -> Step:
        """Return a step that began and ended so many seconds ago."""
        codes = {State.SUCCEEDED: 0, State.FAILED: 1}
        return Step(
            name=stream.partition("/")[2],
            stream=stream,
            state=state,
            exit_code=codes.get(state),
            attempts=0 if began is None else 1,
            started_at=None if began is None else self.at(began),
            ended_at=None if ended is None else self.at(ended),
            isolation="none",
        )

    def stages(self, age: float = 112, *, failed: bool = False) -> tuple[Stage, ...]:
        """Return a run's stages: deploying, or stopped by a failed test."""
        done, unit = State.SUCCEEDED, State.FAILED if failed else State.SUCCEEDED
        compile_step = self.step("build/compile", done, age - 2, age - 40)
        checks = (
            self.step("test/unit", unit, age - 40, age - 88),
            self.step("test/types", done, age - 40, age - 71),
            self.step("test/lint", done, age - 40, age - 46),
        )
        web = (
            self.step("deploy/web", State.SKIPPED, None, None)
            if failed
            else self.step("deploy/web", State.RUNNING, age - 88, None)
        )
        return (
            _stage("build", done, compile_step),
            _stage("test", unit, *checks),
            _stage("deploy", web.state, web),
        )

    def run(self, number: int, project: int, state: State, age: float) -> Run:
        """Return a run; its id is its number."""
        ended = (
            None
            if state in {State.RUNNING, State.QUEUED}
            else self.at(age - 90 - number % 7 * 3)
        )
        failed = state is State.FAILED
        return Run(
            id=UUID(int=number),
            project_id=UUID(int=100 + project),
            project=NAMES[project],
            number=number,
            state=state,
            revision="main",
            commit="" if state is State.QUEUED else f"{number * 7919:07x}" * 5,
            title="" if state is State.QUEUED else _TITLES[number % len(_TITLES)],
            requested_by="ada" if number % 2 else "lin",
            created_at=self.at(age + 3),
            started_at=None if state is State.QUEUED else self.at(age),
            ended_at=ended,
            reason="Step test/unit ended with exit code 1." if failed else "",
            urls=() if state is not State.SUCCEEDED else ("http://127.0.0.1:40117",),
            stages=() if state is State.QUEUED else self.stages(age, failed=failed),
            artifacts=(_WHEEL,) if state is not State.QUEUED else (),
        )

    def runs(self) -> list[Run]:
        """Return runs, newest first: one queued, one running, some failed."""
        newest = [
            self.run(219, 0, State.QUEUED, 5),
            self.run(218, 2, State.RUNNING, 112),
            self.run(88, 1, State.FAILED, 1400),
            self.run(217, 2, State.SUCCEEDED, 3900),
            self.run(40, 3, State.CANCELLED, 8000),
        ]
        older = [
            self.run(
                200 - place * 2,
                place % 4,
                State.FAILED if place % 5 == 2 else State.SUCCEEDED,
                9000 + place * 5400,
            )
            for place in range(30)
        ]
        return newest + older

    def workloads(self) -> list[Workload]:
        """Return workloads in three environments, one of them failed."""
        states = WorkloadState
        table = (
            (2, "dev", states.DEPLOYING, 41, 25.0),
            (2, "staging", states.HEALTHY, 40, 7200.0),
            (2, "production", states.HEALTHY, 39, 86400.0),
            (0, "dev", states.HEALTHY, 13, 3600.0),
            (0, "production", states.HEALTHY, 11, 260000.0),
            (3, "staging", states.FAILED, 7, 610.0),
        )
        return [
            self._workload(place, *row) for place, row in enumerate(table, start=500)
        ]

    def _workload(
        self, number: int, project: int, place: str, state: WorkloadState, *rest: float
    ) -> Workload:
        release, age = rest
        failed = state is WorkloadState.FAILED
        return Workload(
            id=UUID(int=number),
            project_id=UUID(int=100 + project),
            project=NAMES[project],
            environment_id=UUID(int=number + 200),
            environment=place,
            name="web",
            state=state,
            url=f"http://127.0.0.1:{40000 + number}",
            release=int(release),
            replicas=2,
            run_id=UUID(int=217),
            restarts=5 if failed else 0,
            reason="Crashed 5 times in 10 s; last output: out of memory"
            if failed
            else "",
            updated_at=self.at(age),
        )

    def entries(self) -> list[Entry]:
        """Return audit entries, newest first."""
        acts = (
            ("pipelines.run.start", "runs/218", Outcome.DONE),
            ("projects.project.delete", "projects/billing", Outcome.REFUSED),
            ("identity.user.create", "users/lin", Outcome.DONE),
        )
        return [
            Entry(
                sequence=len(acts) - place,
                id=UUID(int=900 + place),
                at=self.at(60.0 * (place + 1)),
                actor=("ada", "mo", "ada")[place],
                actor_id=ADA.id,
                actor_kind="user",
                address="127.0.0.1",
                user_agent="fairlead",
                request_id="",
                act=Act(action=action, target=target, outcome=outcome),
                previous="0" * 64,
                digest="f" * 64,
            )
            for place, (action, target, outcome) in enumerate(acts)
        ]

    def operations(self) -> list[Operation]:
        """Return one operation of each state."""
        states = OperationState
        table = (
            (219, "pipelines.run", "billing/219", states.QUEUED),
            (218, "pipelines.run", "hello/218", states.RUNNING),
            (700, "environments.deploy", "hello to dev", states.SUCCEEDED),
            (88, "pipelines.run", "catalog/88", states.FAILED),
        )
        return [self._operation(*row) for row in table]

    def _operation(
        self, number: int, kind: str, subject: str, state: OperationState
    ) -> Operation:
        failed = state is OperationState.FAILED
        queued = state is OperationState.QUEUED
        return Operation(
            id=UUID(int=number),
            kind=kind,
            subject=subject,
            scope="/",
            state=state,
            priority=5,
            project_id=None,
            parent_id=None,
            feed_id=UUID(int=number),
            requested_by="ada",
            created_at=self.at(number),
            started_at=None if queued else self.at(number),
            ended_at=self.at(3) if state.final else None,
            error=OperationError(code="x", message="Step test/unit failed.")
            if failed
            else None,
            reason="Waits for a slot; 2nd in the queue." if queued else "",
        )

    def users(self) -> list[User]:
        """Return three users, one of them shut out."""
        return [
            User(
                id=ADA.id if name == "ada" else UUID(int=50 + len(name)),
                tenant_id=DEFAULT_TENANT,
                name=name,
                disabled=name == "mo",
                created_at=self.at(86400 * 20),
            )
            for name in ("ada", "lin", "mo")
        ]

    def roles(self) -> list[Role]:
        """Return the built-in roles."""
        reading = frozenset({"projects.project.read", "pipelines.run.read"})
        return [
            Role(
                name="admin",
                summary="May do everything",
                permissions=reading | {"authz.binding.create"},
            ),
            Role(
                name="viewer",
                summary="May look at everything",
                permissions=reading,
            ),
        ]

    def bindings(self) -> list[Binding]:
        """Return one administrator."""
        return [
            Binding(
                id=UUID(int=60),
                principal_id=ADA.id,
                principal_name="ada",
                role="admin",
                scope="/",
                created_at=self.at(86400),
            )
        ]


def _stage(name: str, state: State, *steps: Step) -> Stage:
    job = Job(name=name, state=state, parallel=len(steps) > 1, steps=steps)
    return Stage(name=name, state=state, jobs=(job,))


_WHEEL = Artifact(
    id=UUID(int=300),
    name="wheel",
    type="wheel",
    filename="hello-1.0-py3-none-any.whl",
    size=18_432,
    digest="sha256:" + "4be1c09f" * 8,
)
_TITLES = (
    "Charge retries with jitter",
    "Prices in cents",
    "Answer health checks while draining",
    "Add a test for refunds",
)
