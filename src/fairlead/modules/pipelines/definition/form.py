"""The form of a pipeline file: from a positioned tree to a plan."""

from difflib import get_close_matches
from pathlib import PurePosixPath

from fairlead.modules.pipelines.definition.faults import Faults
from fairlead.modules.pipelines.definition.fields import Fields, unique
from fairlead.modules.pipelines.definition.nodes import Mapping, Place, Tree
from fairlead.modules.pipelines.domain.plan import (
    BUILD,
    TEST,
    OutputPlan,
    Plan,
    StepPlan,
    WorkloadPlan,
)

TOP = ("version", "build", "test", "deploy")
STEP = ("name", "run", "group", "env", "timeout", "retry", "directory")
OUTPUT = ("name", "type", "path")
TYPES = ("file", "directory", "wheel")
WORKLOAD = ("name", "artifact", "command", "port", "health", "env", "replicas")
VERSION = 1
PORT = 8000
MAX_STEPS = 1000
MAX_SIDE_BY_SIDE = 64
MAX_RETRIES = 10


def plan_of(tree: Tree) -> Plan:
    """Return the plan a pipeline file describes.

    Raises:
        PipelineInvalid: a key, a value, a name or a reference breaks the form; what
            is wrong in several stages, steps, outputs or workloads is told at once.
    """
    top = Fields(tree, "the pipeline file", TOP)
    if top.text("version") != str(VERSION):
        top.at("version").refuse("this version is not known", "write 'version: 1'")
    faults = Faults()
    build, outputs = faults.take(lambda: _build(top, faults), ((), ()))
    known = None if faults else tuple(output.name for output in outputs)
    test = faults.take(lambda: _test(top, faults), ())
    environment, workloads = faults.take(lambda: _deploy(top, known, faults), ("", ()))
    faults.tell()
    if not (build or test or workloads):
        top.place.refuse(
            "there is nothing to do", "add a step to build or test, or a workload"
        )
    return Plan(
        build=build,
        outputs=outputs,
        test=test,
        environment=environment,
        workloads=workloads,
    )


def _build(
    top: Fields, faults: Faults
) -> tuple[tuple[StepPlan, ...], tuple[OutputPlan, ...]]:
    if not top.has(BUILD):
        return (), ()
    stage = Fields(top.need(BUILD), BUILD, ("steps", "outputs"))
    steps = faults.take(lambda: _steps(stage, faults), ())
    outputs = faults.each(stage.items("outputs"), _output)
    unique([(output.name, place) for output, place in outputs], "output")
    return steps, tuple(output for output, _ in outputs)


def _test(top: Fields, faults: Faults) -> tuple[StepPlan, ...]:
    if not top.has(TEST):
        return ()
    return _steps(Fields(top.need(TEST), TEST, ("steps",)), faults)


def _steps(stage: Fields, faults: Faults) -> tuple[StepPlan, ...]:
    steps = faults.each(stage.items("steps"), lambda item: _step(item, stage.what))
    unique([(step.name, place) for step, place in steps], f"{stage.what} step")
    if len(steps) > MAX_STEPS:
        steps[MAX_STEPS][1].refuse(f"a stage has at most {MAX_STEPS} steps")
    sizes: dict[str, int] = {}
    for step, place in steps:
        sizes[step.group] = sizes.get(step.group, 0) + 1
        if step.group and sizes[step.group] > MAX_SIDE_BY_SIDE:
            place.refuse(f"a group has at most {MAX_SIDE_BY_SIDE} steps")
    return tuple(step for step, _ in steps)


def _step(tree: Tree, stage: str) -> tuple[StepPlan, Place]:
    fields = Fields(tree, f"a {stage} step", STEP)
    name = fields.name("name")
    fields.what = f"{stage} step '{name}'"
    retries, wait = _retry(fields)
    step = StepPlan(
        name=name,
        run=fields.text("run"),
        group=fields.name("group") if fields.has("group") else "",
        env=fields.variables("env"),
        timeout_seconds=fields.seconds("timeout"),
        retries=retries,
        retry_seconds=wait,
        directory=_inside(fields, "directory") if fields.has("directory") else "",
    )
    return step, fields.at("name")


def _retry(fields: Fields) -> tuple[int, float]:
    if not fields.has("retry"):
        return 0, 1.0
    value = fields.need("retry")
    if not isinstance(value, Mapping):
        return fields.whole("retry", 0, MAX_RETRIES), 1.0
    retry = Fields(value, f"'retry' of {fields.what}", ("attempts", "wait"))
    return retry.whole("attempts", 0, MAX_RETRIES), retry.seconds("wait") or 1.0


def _output(tree: Tree) -> tuple[OutputPlan, Place]:
    fields = Fields(tree, "an output", OUTPUT)
    name = fields.name("name")
    fields.what = f"output '{name}'"
    output = OutputPlan(
        name=name, type=fields.choice("type", TYPES), path=_inside(fields, "path")
    )
    return output, fields.at("name")


def _inside(fields: Fields, key: str) -> str:
    value = fields.text(key)
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts:
        fields.at(key).refuse(
            f"'{value[:80]}' of {fields.what} leaves the repository",
            "write a path relative to its top, without '..'",
        )
    return value


def _deploy(
    top: Fields, outputs: tuple[str, ...] | None, faults: Faults
) -> tuple[str, tuple[WorkloadPlan, ...]]:
    if not top.has("deploy"):
        return "", ()
    stage = Fields(top.need("deploy"), "deploy", ("environment", "workloads"))
    environment = faults.take(lambda: stage.label("environment"), "")
    before = len(faults)
    workloads = faults.each(
        stage.items("workloads"), lambda item: _workload(item, outputs)
    )
    unique([(workload.name, place) for workload, place in workloads], "workload")
    if not workloads and len(faults) == before:
        stage.at("workloads").refuse("deploy needs at least one workload")
    return environment, tuple(workload for workload, _ in workloads)


def _workload(
    tree: Tree, outputs: tuple[str, ...] | None
) -> tuple[WorkloadPlan, Place]:
    """Read a workload; `outputs` are the names it may run, None: not known."""
    fields = Fields(tree, "a workload", WORKLOAD)
    name = fields.label("name")
    fields.what = f"workload '{name}'"
    artifact = fields.text("artifact")
    if outputs is not None and artifact not in outputs:
        near = get_close_matches(artifact, outputs, n=1)
        fields.at("artifact").refuse(
            f"{fields.what} runs the artifact '{artifact[:80]}', which no output makes",
            f"did you mean '{near[0]}'?" if near else "add it to build.outputs",
        )
    health = fields.text("health", "/")
    if not health.startswith("/") or any(mark in health for mark in "\r\n "):
        fields.at("health").refuse(
            f"'{health[:80]}' is no health path for {fields.what}",
            "write a path like /healthz",
        )
    workload = WorkloadPlan(
        name=name,
        artifact=artifact,
        command=fields.words("command"),
        port=fields.whole("port", 1, 65535, default=PORT),
        health=health,
        env=fields.variables("env"),
        replicas=fields.whole("replicas", 1, 20, default=1),
    )
    return workload, fields.at("name")
