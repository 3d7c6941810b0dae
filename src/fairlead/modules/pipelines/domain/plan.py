"""A pipeline file as values: what is to be run, in which order."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

FILE_NAMES = (".fairlead.yaml", ".shipinator.yaml")
BUILD, TEST, DEPLOY = "build", "test", "deploy"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """One command.

    Attributes:
        run: What `/bin/sh -e` runs.
        group: Steps of one group run side by side; empty: in a row.
        timeout_seconds: Of one attempt; None: as the settings say.
        retries: Further attempts after a failed one.
        retry_seconds: The wait before a further attempt.
        directory: Where it runs, within the repository; empty: at its top.
    """

    name: str
    run: str
    group: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float | None = None
    retries: int = 0
    retry_seconds: float = 1.0
    directory: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPlan:
    """What a build leaves: `file`, `directory` or `wheel`, found by a pattern."""

    name: str
    type: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadPlan:
    """A service to run from an output."""

    name: str
    artifact: str
    command: tuple[str, ...]
    port: int
    health: str = "/"
    env: Mapping[str, str] = field(default_factory=dict)
    replicas: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlan:
    """Steps that belong together, by name."""

    name: str
    parallel: bool
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """A stage and its jobs, which run one after the other."""

    name: str
    jobs: tuple[JobPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a pipeline file asks for; an absent stage is empty."""

    build: tuple[StepPlan, ...] = ()
    outputs: tuple[OutputPlan, ...] = ()
    test: tuple[StepPlan, ...] = ()
    environment: str = ""
    workloads: tuple[WorkloadPlan, ...] = ()

    def steps(self, stage: str) -> tuple[StepPlan, ...]:
        """Return the commands of `build` or `test`, in the file's order."""
        return {BUILD: self.build, TEST: self.test}.get(stage, ())

    def step(self, stage: str, name: str) -> StepPlan:
        """Return one command.

        Raises:
            KeyError: the stage has no such step.
        """
        for step in self.steps(stage):
            if step.name == name:
                return step
        raise KeyError(name)

    def workload(self, name: str) -> WorkloadPlan:
        """Return one workload.

        Raises:
            KeyError: there is none of this name.
        """
        return {workload.name: workload for workload in self.workloads}[name]

    @property
    def stages(self) -> tuple[StagePlan, ...]:
        """Return the stages that have something to do, in their order."""
        deploy = tuple(workload.name for workload in self.workloads)
        jobs = {
            BUILD: jobs_of(BUILD, self.build),
            TEST: jobs_of(TEST, self.test),
            DEPLOY: (JobPlan(name=DEPLOY, parallel=False, steps=deploy),)
            if deploy
            else (),
        }
        return tuple(
            StagePlan(name=name, jobs=found)
            for name, found in jobs.items()
            if found or (name == BUILD and self.outputs)
        )

    def to_json(self) -> dict[str, Any]:
        """Return this as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return what `to_json` was made from."""
        return cls(
            build=tuple(StepPlan(**step) for step in data["build"]),
            outputs=tuple(OutputPlan(**output) for output in data["outputs"]),
            test=tuple(StepPlan(**step) for step in data["test"]),
            environment=data["environment"],
            workloads=tuple(
                WorkloadPlan(**{**workload, "command": tuple(workload["command"])})
                for workload in data["workloads"]
            ),
        )


def jobs_of(stage: str, steps: tuple[StepPlan, ...]) -> tuple[JobPlan, ...]:
    """Return the jobs of a stage.

    The steps of a group form one job of that name, where its first step stands.
    Ungrouped steps in a row form a job named like the stage, then `<stage>-2` and so
    on, passing over names that groups have.
    """
    taken = {step.group for step in steps if step.group}
    runs: list[tuple[str, list[str]]] = []
    groups: dict[str, list[str]] = {}
    for step in steps:
        if step.group in groups:
            groups[step.group].append(step.name)
        elif step.group:
            groups[step.group] = [step.name]
            runs.append((step.group, groups[step.group]))
        elif runs and not runs[-1][0]:
            runs[-1][1].append(step.name)
        else:
            runs.append(("", [step.name]))
    free = _free_names(stage, taken, len(runs))
    return tuple(
        JobPlan(name=group or next(free), parallel=bool(group), steps=tuple(names))
        for group, names in runs
    )


def _free_names(stage: str, taken: set[str], count: int) -> Iterator[str]:
    names = [stage, *(f"{stage}-{number}" for number in range(2, 2 * count + 3))]
    return iter([name for name in names if name not in taken])
