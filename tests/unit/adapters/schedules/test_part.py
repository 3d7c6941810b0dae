"""The jobs modules declare."""

import pytest

from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.schedules.cron import CronCalendar
from fairlead.adapters.schedules.part import check_jobs
from fairlead.kernel.engine import Json, Steps, Workflow
from fairlead.kernel.module import BadModule, Catalog, Job, Manifest, Module, check


async def nothing(steps: Steps, argument: Json) -> Json:
    return None


def module(job: Job, *workflows: str) -> Module:
    made = tuple(Workflow(name=name, function=nothing) for name in workflows)
    return Module(
        manifest=Manifest(name="blog", version="1.0.0", jobs=(job,)),
        parts=(EnginePart(workflows=made, activities=()),),
    )


def job(schedule: str = "0 3 * * *", name: str = "blog.tidy") -> Job:
    return Job(name=name, summary="Tidy up", schedule=schedule, workflow="blog.tidy")


def test_a_job_whose_workflow_is_registered_passes() -> None:
    fine = module(job(), "blog.tidy")
    check_jobs([fine], CronCalendar())

    assert Catalog((fine.manifest,)).jobs() == (job(),)


def test_a_job_without_its_workflow_is_refused() -> None:
    with pytest.raises(BadModule, match="no module registers"):
        check_jobs([module(job(), "blog.other")], CronCalendar())


def test_a_job_whose_time_cannot_be_read_is_refused() -> None:
    with pytest.raises(BadModule, match=r"blog\.tidy.*no cron"):
        check_jobs([module(job("0 25 * * *"), "blog.tidy")], CronCalendar())


@pytest.mark.parametrize("name", ["other.tidy", "blog", "blog.Tidy", "blog.a.b"])
def test_a_job_is_named_after_its_module(name: str) -> None:
    with pytest.raises(BadModule, match=r"must look like blog\.job"):
        check(module(job(name=name)).manifest)


def test_two_jobs_of_one_name_are_refused() -> None:
    manifest = Manifest(name="blog", version="1.0.0", jobs=(job(), job()))
    with pytest.raises(BadModule, match="Two jobs"):
        check(manifest)
