"""What pipelines do when they hear of events, and when a start is cut short."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.modules.pipelines.rig import ADA, SYSTEM, Rig

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.blobs import BlobMissing, Blobs
from fairlead.kernel.events import Delivery, Event, Outbox
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import DEFAULT_TENANT, service
from fairlead.kernel.processes import Launcher
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.pipelines.domain.records import RUN, Record
from fairlead.modules.pipelines.ports import RunStore
from fairlead.modules.pipelines.public import RunNotFound, RunQueued, State
from fairlead.modules.pipelines.tasks import OnOperationEnded, OnProjectDeleted
from fairlead.modules.projects.public import ProjectDeleted
from fairlead.services.operations.public import (
    OperationEnded,
    OperationError,
    OperationState,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
Make = Callable[..., Path]

TEXT = """
version: 1
build:
  steps: [{name: make, run: "echo made > out"}]
  outputs: [{name: out, type: file, path: out}]
"""
NOTHING = "version: 1\nbuild: {steps: [{name: ok, run: 'true'}]}"
LONG = "version: 1\nbuild: {steps: [{name: long, run: 'echo here; sleep 600'}]}"


async def hear(rig: Rig, handler: type, event: Event) -> None:
    scopes = await rig.container.get(Scopes)
    async with scopes.enter(service("pipelines", DEFAULT_TENANT)) as scope:
        await (await scope.get(handler))(Delivery(id=new_id(), event=event))


def queued(rig: Rig) -> Record:
    """Return a run as a request leaves it that dies right after its commit."""
    project = rig.shelf.projects["hello"]
    return Record(
        id=new_id(),
        project_id=project.id,
        project=project.name,
        number=1,
        repository=project.repository,
        wanted="",
        state=State.QUEUED,
        revision="",
        requested_by="ada",
        created_at=project.created_at,
    )


async def leave(rig: Rig, record: Record, *events: Event) -> None:
    async with (await rig.container.get(Scopes)).enter(SYSTEM) as scope:
        runs, outbox = await scope.get(RunStore), await scope.get(Outbox)
        async with await scope.get(UnitOfWork):
            await runs.add(record)
            for event in events:
                await outbox.add(event)


def deleted(rig: Rig) -> ProjectDeleted:
    project = rig.shelf.projects["hello"]
    return ProjectDeleted(
        at=project.created_at,
        aggregate=f"projects/{project.id}",
        actor=ADA,
        project_id=project.id,
        name=project.name,
    )


async def test_start_that_was_cut_short_goes_on(rig: Rig, make: Make) -> None:
    """A run that was committed but never submitted is submitted by its event."""
    make(NOTHING)
    record = queued(rig)
    event = RunQueued(
        at=record.created_at,
        aggregate=f"runs/{record.id}",
        actor=ADA,
        run_id=record.id,
        project_id=record.project_id,
    )

    await leave(rig, record, event)

    async with asyncio.timeout(60):
        while (await rig.get(record.id)).state is not State.SUCCEEDED:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_run_whose_workflow_broke_off_is_settled(rig: Rig, make: Make) -> None:
    """It gets the end of its operation, with the reason; once more changes nothing."""
    make(NOTHING)
    record = queued(rig)
    await leave(rig, record)
    ended = OperationEnded(
        at=record.created_at,
        aggregate=f"operations/{record.id}",
        actor=SYSTEM,
        operation_id=record.id,
        kind=RUN,
        state=OperationState.FAILED,
        error=OperationError(code="engine.bug", message="A bug; look for 5."),
    )

    await hear(rig, OnOperationEnded, replace(ended, kind="other"))
    before = await rig.get(record.id)
    await hear(rig, OnOperationEnded, ended)
    await hear(rig, OnOperationEnded, replace(ended, state=OperationState.CANCELLED))

    run = await rig.get(record.id)
    assert before.state is State.QUEUED
    assert (run.state, run.reason) == (State.FAILED, "A bug; look for 5.")
    await hear(rig, OnOperationEnded, replace(ended, operation_id=new_id()))


async def test_deleted_project_takes_its_runs_along(rig: Rig, make: Make) -> None:
    """Rows, artifacts and working copies go; hearing it again is fine."""
    make(TEXT)
    run = await rig.run("hello")
    event = deleted(rig)

    await hear(rig, OnProjectDeleted, event)
    await hear(rig, OnProjectDeleted, event)

    with pytest.raises(RunNotFound):
        await rig.get(run.id)
    blobs = await rig.container.get(Blobs)
    with pytest.raises(BlobMissing):
        await anext(blobs.read(f"artifacts/{run.artifacts[0].id}/payload"))


async def test_deleted_project_ends_a_running_run(rig: Rig, make: Make) -> None:
    """Its processes are gone before its rows."""
    make(LONG)
    run = await rig.start("hello")
    await rig.follow(run, b"here")

    await hear(rig, OnProjectDeleted, deleted(rig))

    with pytest.raises(RunNotFound):
        await rig.get(run.id)
    launcher = await rig.container.get(Launcher)
    assert await launcher.running() == ()
    assert not rig.work(run).exists()
