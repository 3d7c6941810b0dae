"""From steps to jobs."""

from hypothesis import given
from hypothesis import strategies as st

from fairlead.modules.pipelines.domain.plan import OutputPlan, Plan, StepPlan, jobs_of


def steps(*named: str) -> tuple[StepPlan, ...]:
    """Return steps written as `name` or `name:group`."""
    parts = [text.partition(":") for text in named]
    return tuple(StepPlan(name=name, run="x", group=group) for name, _, group in parts)


def shape(stage: str, *named: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(job.name, job.steps) for job in jobs_of(stage, steps(*named))]


def test_ungrouped_steps_in_a_row_are_one_job() -> None:
    """It has the stage's name."""
    assert shape("build", "a", "b") == [("build", ("a", "b"))]


def test_groups_part_the_rows() -> None:
    """Each row has a name of its own, each group its own name, in the file's order."""
    assert shape("test", "a", "b:g", "c:g", "d", "e:h", "f") == [
        ("test", ("a",)),
        ("g", ("b", "c")),
        ("test-2", ("d",)),
        ("h", ("e",)),
        ("test-3", ("f",)),
    ]


def test_scattered_group_is_one_job_where_it_began() -> None:
    """Rows it no longer parts become one."""
    assert shape("test", "a:g", "b", "c:g", "d") == [
        ("g", ("a", "c")),
        ("test", ("b", "d")),
    ]


def test_groups_keep_their_names() -> None:
    """A row passes over names that groups have."""
    assert shape("test", "a", "b:test", "c:test-2", "d") == [
        ("test-3", ("a",)),
        ("test", ("b",)),
        ("test-2", ("c",)),
        ("test-4", ("d",)),
    ]


@given(
    st.lists(st.sampled_from(["", "test", "test-2", "g", "h"]), min_size=1, max_size=30)
)
def test_every_step_is_in_one_job_of_a_unique_name(groups: list[str]) -> None:
    """Whatever the groups are called."""
    jobs = jobs_of("test", steps(*(f"{n}:{group}" for n, group in enumerate(groups))))

    names = [job.name for job in jobs]
    assert len(set(names)) == len(names)
    placed = [step for job in jobs for step in job.steps]
    assert sorted(placed, key=int) == [str(n) for n in range(len(groups))]


def test_outputs_alone_make_a_build_stage() -> None:
    """It has no jobs, only something to collect."""
    plan = Plan(
        outputs=(OutputPlan(name="site", type="directory", path="."),),
        test=steps("a"),
    )

    assert [(stage.name, len(stage.jobs)) for stage in plan.stages] == [
        ("build", 0),
        ("test", 1),
    ]
