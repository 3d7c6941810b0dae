"""Keeping workloads up, with the real launcher and database."""

import asyncio
import contextlib
import os
import signal
import socket
from dataclasses import replace
from typing import Any

from fairlead.kernel.events import Delivery
from fairlead.kernel.ids import new_id
from fairlead.kernel.processes import Launcher
from fairlead.modules.environments.public import (
    WorkloadNotFound,
    Workloads,
    WorkloadState,
)
from fairlead.modules.environments.use_cases import RemoveProject
from fairlead.modules.projects.public import ProjectDeleted
from fairlead.services.audit.public import Outcome

Platform = Any  # of conftest.py


async def healthy(platform: Platform) -> bool:
    """Tell whether the workload is well and answers."""
    workload = await platform.web()
    if workload.state is not WorkloadState.HEALTHY:
        return False
    status, _ = await platform.look(workload.url)
    return bool(status == 200)


async def test_a_crashed_replica_is_started_again(platform: Platform) -> None:
    await platform.deploy(1, await platform.script())
    url = (await platform.web()).url

    await platform.look(f"{url}/die")

    async def restarted() -> bool:
        return (await platform.web()).restarts == 1 and await healthy(platform)

    await platform.until(restarted, "it answers again")
    assert (await platform.web()).url == url
    assert (await platform.web()).reason == ""


async def test_five_quick_crashes_make_it_failed_and_a_restart_mends_it(
    platform: Platform,
) -> None:
    await platform.deploy(1, await platform.script())
    url = (await platform.web()).url

    async def failed() -> bool:
        await platform.look(f"{url}/die")
        return (await platform.web()).state is WorkloadState.FAILED

    await platform.until(failed, "it is given up")
    workload = await platform.web()
    assert "5 times" in workload.reason
    assert "told to die" in workload.reason
    assert workload.restarts == 4
    assert await platform.keys() == set()
    assert (await platform.look(url))[0] == 503

    await platform.ask(Workloads, "restart", platform.ada, str(workload.id))

    await platform.until(lambda: healthy(platform), "it answers again")
    assert (await platform.web()).restarts == 0


async def test_workloads_come_back_after_a_clean_stop(platform: Platform) -> None:
    await platform.deploy(1, await platform.script())
    url = (await platform.web()).url

    await platform.close()
    assert (await platform.look(url))[0] == 0
    await platform.open()

    await platform.until(lambda: healthy(platform), "it answers again")
    workload = await platform.web()
    assert workload.url == url
    assert workload.restarts == 0
    assert len(await platform.keys()) == 1


async def test_running_replicas_are_adopted(platform: Platform) -> None:
    """A server that died finds its workloads running, and keeps watching them."""
    await platform.deploy(1, await platform.script())
    before = await platform.keys()

    await platform.close(stop_workloads=False)
    await platform.open()

    workload = await platform.web()
    assert await platform.look(workload.url) == (200, "one")
    assert await platform.keys() == before
    launcher = await platform.get(Launcher)
    (running,) = await launcher.running()
    os.kill(running.pid, signal.SIGKILL)

    async def restarted() -> bool:
        return (await platform.web()).restarts == 1 and await healthy(platform)

    await platform.until(restarted, "it is started again")


async def test_a_front_whose_port_is_taken_moves(platform: Platform) -> None:
    await platform.deploy(1, await platform.script())
    url = (await platform.web()).url
    port = int(url.rpartition(":")[2])

    await platform.close()
    with socket.create_server(("127.0.0.1", port)):
        await platform.open()

    moved = (await platform.web()).url
    assert moved != url
    await platform.until(lambda: healthy(platform), "it answers elsewhere")


async def test_deleting_leaves_nothing(platform: Platform) -> None:
    await platform.deploy(1, await platform.script())
    workload = await platform.web()

    await platform.ask(Workloads, "delete", platform.ada, "hello/dev/web")

    assert await platform.keys() == set()
    assert (await platform.look(workload.url))[0] == 0
    assert not (platform.folder / "releases" / str(workload.id)).exists()
    assert list((platform.folder / "journals").rglob(f"{workload.id}*")) == []
    with contextlib.suppress(WorkloadNotFound):
        await platform.web()
        raise AssertionError("it is still there")
    acts = [act.action for _, act in platform.trail.acts]
    assert acts == ["environments.workload.deploy", "environments.workload.delete"]


async def test_a_deleted_project_takes_its_workloads_along(
    platform: Platform,
) -> None:
    await platform.deploy(1, await platform.script())
    event = ProjectDeleted(
        at=(await platform.web()).updated_at,
        aggregate="hello",
        actor=platform.ada,
        project_id=platform.project_id,
        name="hello",
    )

    for _ in range(2):
        delivery = Delivery(id=new_id(), event=event)
        await platform.ask(RemoveProject, "__call__", delivery)

    assert await platform.keys() == set()
    page = await platform.ask(Workloads, "list", platform.ada, platform.page)
    assert page.items == ()


async def test_output_is_read_and_followed(platform: Platform) -> None:
    await platform.deploy(1, await platform.script())

    async def said() -> bytes:
        frames = await platform.ask(Workloads, "logs", platform.ada, "hello/dev/web")
        return b"".join([frame.data async for frame in frames])

    await platform.until(lambda: spoken(said), "its output is there")
    frames = await platform.ask(
        Workloads, "logs", platform.ada, "hello/dev/web", follow=True
    )
    first = await asyncio.wait_for(anext(frames), 30)
    await frames.aclose()
    assert (first.stream, first.data) == ("1/1", b"hello from one\n")


async def test_the_beginning_of_much_output_is_dropped(platform: Platform) -> None:
    """What is kept is whole lines, and still read and followed by offset."""
    await platform.deploy(1, await platform.script(MOOD="chatty"))
    workload = await platform.web()

    async def said() -> list[Any]:
        frames = await platform.ask(Workloads, "logs", platform.ada, str(workload.id))
        return [frame async for frame in frames]

    async def dropped() -> bool:
        frames = await said()
        return bool(frames) and frames[0].offset > 0

    await platform.until(dropped, "the beginning is gone")
    await platform.until(lambda: spoken(lambda: text(said)), "the end is there")
    printed = await text(said)
    assert printed.startswith(b"line ")
    assert len(printed) >= 1024 * 1024


async def text(said: Any) -> bytes:
    """Return what frames hold."""
    return b"".join([frame.data for frame in await said()])


async def spoken(said: Any) -> bool:
    """Tell whether the replica has said hello."""
    return bool(b"hello from one\n" in await said())


async def test_other_settings_stop_what_ran_and_it_comes_back_with_the_old_ones(
    platform: Platform,
) -> None:
    """A server that must not run plain processes keeps none of its predecessor."""
    await platform.deploy(1, await platform.script())
    url = (await platform.web()).url
    await platform.close(stop_workloads=False)

    platform.plain = False
    await platform.open()

    workload = await platform.web()
    assert workload.state is WorkloadState.STOPPED
    assert "unsafe_local" in workload.reason
    assert await platform.keys() == set()
    assert (await platform.look(url))[0] == 0
    refused = [act for _, act in platform.trail.acts if act.outcome is Outcome.REFUSED]
    assert [act.details["reason"] for act in refused] == [
        "environments.provider_refused"
    ]
    again = await platform.deploy(2, await platform.script())
    assert again.error.code == "environments.provider_refused"
    await platform.close()
    platform.plain = True
    await platform.open()
    await platform.until(lambda: healthy(platform), "it answers again")


async def test_one_of_two_replicas_given_up_leaves_it_serving_and_says_so(
    platform: Platform,
) -> None:
    order = replace(await platform.script(), replicas=2)
    await platform.deploy(1, order)
    url = (await platform.web()).url
    launcher = await platform.get(Launcher)

    async def kill() -> bool:
        """Kill the first replica whenever it runs, until it is given up."""
        for running in await launcher.running():
            if running.key.split("/")[3] == "1":
                os.kill(running.pid, signal.SIGKILL)
        return "1 of 2 replicas failed" in (await platform.web()).reason

    await platform.until(kill, "one is given up")
    workload = await platform.web()
    assert workload.state is WorkloadState.DOWN
    assert "Replica 1 ended with code 137" in workload.reason
    assert await platform.look(url) == (200, "one")
    (other,) = await launcher.running()
    os.kill(other.pid, signal.SIGKILL)

    async def back() -> bool:
        workload = await platform.web()
        return workload.restarts == 5 and "1 of 2 replicas failed" in workload.reason

    await platform.until(back, "the other is back, and the first is not forgotten")
    assert await platform.look(url) == (200, "one")
