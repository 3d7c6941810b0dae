"""Reading pipeline files: the form of the documentation, and everything else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.modules.pipelines.definition.form import plan_of
from fairlead.modules.pipelines.definition.nodes import MAX_BYTES, parse
from fairlead.modules.pipelines.domain.errors import PipelineInvalid
from fairlead.modules.pipelines.domain.plan import Plan, StepPlan

DOCUMENTED = """
version: 1
build:
  steps:
    - {name: compile, run: "python -m build --wheel"}
  outputs:
    - {name: wheel, type: wheel, path: dist/*.whl}
test:
  steps:
    - {name: unit, run: "pytest -q", group: checks}
    - {name: lint, run: "ruff check .", group: checks}     # same group: in parallel
deploy:
  environment: dev
  workloads:
    - {name: web, artifact: wheel, command: ["python", "-m", "hello"],
       port: 8000, health: /healthz}
"""


def read(text: str | bytes) -> Plan:
    data = text.encode() if isinstance(text, str) else text
    return plan_of(parse(data, ".fairlead.yaml"))


def step(text: str) -> StepPlan:
    return read(f"version: 1\ntest: {{steps: [{{name: a, {text}}}]}}").test[0]


def refused(text: str | bytes) -> PipelineInvalid:
    with pytest.raises(PipelineInvalid) as caught:
        read(text)
    return caught.value


def test_documented_form_is_read() -> None:
    """The example of the documentation gives what it says."""
    plan = read(DOCUMENTED)

    assert [step.run for step in plan.build] == ["python -m build --wheel"]
    assert plan.outputs[0].path == "dist/*.whl"
    assert plan.environment == "dev"
    assert plan.workloads[0].command == ("python", "-m", "hello")
    assert (plan.workloads[0].health, plan.workloads[0].replicas) == ("/healthz", 1)
    assert [
        (stage.name, job.name, job.parallel, job.steps)
        for stage in plan.stages
        for job in stage.jobs
    ] == [
        ("build", "build", False, ("compile",)),
        ("test", "checks", True, ("unit", "lint")),
        ("deploy", "deploy", False, ("web",)),
    ]


def test_plan_survives_json() -> None:
    """What is stored is what was read."""
    plan = read(DOCUMENTED)

    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("run: true", "run", "true"),
        ("run: 5", "run", "5"),
        ("run: x, timeout: 90", "timeout_seconds", 90.0),
        ("run: x, timeout: 10m", "timeout_seconds", 600.0),
        ("run: x, timeout: 1.5h", "timeout_seconds", 5400.0),
        ("run: x, retry: 2", "retries", 2),
        ("run: x, retry: {attempts: 3, wait: 5s}", "retry_seconds", 5.0),
        ("run: x, directory: a/b", "directory", "a/b"),
        ("run: x, env: {A: 1, B: true, C: }", "env", {"A": "1", "B": "true", "C": ""}),
    ],
)
def test_values_are_taken_as_written(text: str, name: str, value: Any) -> None:
    """Plain words and numbers are texts where texts are wanted."""
    assert getattr(step(text), name) == value


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "empty"),
        ("version: 2\ntest: {steps: [{name: a, run: b}]}", 1, 10, "version: 1"),
        ("version: 1\n", 1, 1, "nothing to do"),
        ("version: 1\nbuild:\n  step: []", 3, 3, "did you mean 'steps'?"),
        ("version: 1\nother: 1", 2, 1, "allowed are version, build, test, deploy"),
        ("version: 1\ntest:\n\tsteps: []", 3, 1, "indent with spaces"),
        ("version: 1\nversion: 1", 2, 1, "twice"),
        ("- a", 1, 1, "must be a mapping"),
        ("version: 1\ntest: {steps: {a: b}}", 2, 15, "must be a list"),
        ("version: 1\ntest: {steps: [{run: a}]}", 2, 16, "needs 'name'"),
        ("version: 1\ntest: {steps: [{name: a}]}", 2, 16, "needs 'run'"),
        ("version: 1\ntest: {steps: [{name: a/b, run: c}]}", 2, 23, "is no name"),
        ("version: 1\ntest: {steps: [{name: a, run: [b]}]}", 2, 31, "must be a text"),
        ("version: 1\nbuild: !!set {}", 2, 8, "tag"),
        ("version: 1\nbuild: &a\n  steps: [*a]", 2, 8, "nested too deep"),
        ("a: b: c", 1, 5, "not YAML"),
        ("version: 1\n---\nversion: 1", 2, 1, "not YAML"),
        ("version: 1\n<<: {a: b}", 2, 1, "unknown key '<<'"),
        ('version: 1\ntest: {steps: [{name: a, run: "\\0"}]}', 2, 31, "NUL"),
    ],
)
def test_mistakes_are_placed(text: str, line: int, column: int, words: str) -> None:
    """Each error names file, line, column and what to do."""
    error = refused(text)

    place = (error.details["file"], error.details["line"], error.details["column"])
    assert place == (".fairlead.yaml", line, column), error.message
    assert words in error.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run: b, timeout: soon", "90s, 10m or 2h"),
        ("run: b, timeout: 0", "is no timeout"),
        ("run: b, timeout: 8000h", "at most 7 days"),
        ("run: b, retry: 11", "from 0 to 10"),
        ("run: b, retry: -1", "from 0 to 10"),
        ("run: b, retry: {times: 1}", "unknown key 'times'"),
        ("run: b, directory: ../c", "leaves the repository"),
        ("run: b, directory: /c", "leaves the repository"),
        ("run: b, env: [c]", "must be a mapping"),
        ("run: b, env: {1c: d}", "no name for a variable"),
        ("run: b, env: {FAIRLEAD_RUN_ID: d}", "set by Fairlead"),
    ],
)
def test_bad_values_of_a_step_are_refused(text: str, words: str) -> None:
    """The message says which step and what is allowed."""
    error = refused(f"version: 1\ntest: {{steps: [{{name: a, {text}}}]}}")

    assert words in error.message
    assert error.details["line"] == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("artifact: wheel", "artifact: whee", "did you mean 'wheel'?"),
        ("type: wheel", "type: egg", "use one of file, directory, wheel"),
        ("path: dist/*.whl", "path: ../*.whl", "leaves the repository"),
        ("port: 8000", "port: 0", "from 1 to 65535"),
        ("port: 8000", "port: many", "from 1 to 65535"),
        ("/healthz", "healthz", "write a path like /healthz"),
        ('["python", "-m", "hello"]', "python", "must be a list"),
        ('["python", "-m", "hello"]', "[]", "at least one text"),
        ("environment: dev", "environment: Dev!", "lowercase"),
        ("name: lint", "name: unit", "test step 'unit' is there already, in line 10"),
        ("port: 8000", "port: 8000, replicas: 0", "from 1 to 20"),
        ("    - {name: web", "    - 5\n    - {name: web", "must be a mapping"),
    ],
)
def test_bad_outputs_and_workloads_are_refused(old: str, new: str, words: str) -> None:
    """A change of the documented file in one place."""
    assert words in refused(DOCUMENTED.replace(old, new)).message


def test_all_that_is_wrong_is_told_at_once() -> None:
    """In the order of the file; what only follows from another mistake is not."""
    text = DOCUMENTED.replace("type: wheel", "type: egg").replace("unit", "a/b")
    error = refused(text.replace("/healthz", "healthz").replace("dev", "Dev!"))
    lines = error.message.splitlines()

    assert [line.split(",")[0].rpartition(" ")[2] for line in lines] == [
        "7",
        "10",
        "13",
        "16",
    ]
    assert error.details["line"] == 7
    assert "no output makes" not in error.message


def test_port_may_be_left_out() -> None:
    """The process gets its own in any case."""
    assert read(DOCUMENTED.replace("port: 8000, ", "")).workloads[0].port == 8000


def test_large_files_are_refused() -> None:
    """Before they are parsed."""
    assert "at most" in refused(b"#" * (MAX_BYTES + 1)).message


def test_other_encodings_are_placed() -> None:
    """Where the first bad byte is."""
    error = refused(b"version: 1\nbuild: \xff")

    assert (error.details["line"], error.details["column"]) == (2, 8)


def test_aliases_without_bound_are_refused() -> None:
    """The laughs stay few."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    assert "too deep or too long" in refused("\n".join(lines)).message


def test_deep_nesting_is_refused() -> None:
    """However deep, without a crash."""
    assert "too deep" in refused("[" * 5000 + "]" * 5000).message


def outcome(data: bytes) -> Plan | PipelineInvalid:
    try:
        return read(data)
    except PipelineInvalid as error:
        return error


@given(st.binary(max_size=300))
def test_any_bytes_are_a_plan_or_a_placed_error(data: bytes) -> None:
    """Nothing else comes out, whatever goes in."""
    found = outcome(data)

    assert isinstance(found, Plan) or found.details["file"] == ".fairlead.yaml"


STEP = ["name", "run", "env", "retry", "steps", "outputs", "type", "path"]
KEYS = [*STEP, "environment", "workloads", "command", "artifact", "port"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["a", "1", "/x", "build", "dist/*", "10m", "file"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)
STAGES = dict.fromkeys(("build", "test", "deploy"), VALUES)


@given(st.fixed_dictionaries({}, optional=STAGES))
def test_any_tree_is_a_plan_or_a_placed_error(tree: dict[str, Any]) -> None:
    """JSON is YAML; the form is checked whatever its shape."""
    found = outcome(json.dumps({"version": 1, **tree}).encode())

    assert found.stages if isinstance(found, Plan) else found.details["line"] == 1
