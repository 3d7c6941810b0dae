"""The records of deployments: who has a workload, what serves, what is over."""

from dataclasses import replace
from uuid import UUID

import pytest

from fairlead.modules.environments.domain import (
    NothingServes,
    ReleaseState,
    ReplicaState,
    Superseded,
    WorkloadRecord,
)
from fairlead.modules.environments.ledger import Asked, Claim, Ledger
from fairlead.modules.environments.memory import Memory
from fairlead.modules.environments.public import (
    WorkloadNotFound,
    WorkloadOrder,
    WorkloadState,
)

PORT = 20000


def asked(order: WorkloadOrder, number: int) -> Asked:
    """Return what the deployment of a run asks for; its operation has the same id."""
    return Asked(
        operation_id=UUID(int=number),
        run_id=UUID(int=number),
        run_number=number,
        order=order,
    )


async def deploy(ledger: Ledger, web: WorkloadRecord, wanted: Asked) -> Claim:
    """Bring a deployment to its good end."""
    claim = await ledger.claim(web.id, wanted, port=PORT)
    assert claim.release is not None
    by = wanted.operation_id
    for index in range(1, claim.release.order.replicas + 1):
        await ledger.berth(claim.release, index, deployment=by, port=5000 + index)
    await ledger.switch(web.id, claim.release.number, deployment=by)
    idle = await ledger.idle(web.id, by=by)
    await ledger.settle(web.id, idle, deployment=by, reason="")
    return claim


async def test_a_front_keeps_its_port(ledger: Ledger, web: WorkloadRecord) -> None:
    assert await ledger.port_for(web.id) == PORT
    await ledger.workloads.save(replace(web, port=20007))

    assert await ledger.port_for(web.id) == 20007


async def test_what_never_served_names_the_run_that_tried_last(
    ledger: Ledger, web: WorkloadRecord, order: WorkloadOrder
) -> None:
    for number in (1, 2):
        wanted = asked(order, number)
        await ledger.claim(web.id, wanted, port=PORT)
        await ledger.settle(
            web.id, [], deployment=wanted.operation_id, reason="It never answered."
        )

    now = await ledger.get(web.id)
    assert (now.state, now.release, now.run_id) == (
        WorkloadState.FAILED,
        0,
        UUID(int=2),
    )


async def test_releases_count_from_one(
    ledger: Ledger, web: WorkloadRecord, order: WorkloadOrder
) -> None:
    first = await deploy(ledger, web, asked(order, 1))
    second = await deploy(ledger, web, asked(replace(order, replicas=2), 2))

    assert first.release is not None
    assert second.release is not None
    assert [first.release.number, second.release.number] == [1, 2]
    now = await ledger.get(web.id)
    assert (now.release, now.run_number, now.replicas) == (2, 2, 2)
    assert (now.state, now.holder, now.port) == (WorkloadState.HEALTHY, None, PORT)
    states = [one.state for one in await ledger.releases.of(web.id)]
    assert states == [ReleaseState.SERVING, ReleaseState.RETIRED]
    serving = await ledger.replicas(web.id, ReplicaState.SERVING)
    assert [one.key for one in serving] == [
        f"workload/{web.id}/2/1/2",
        f"workload/{web.id}/2/2/3",
    ]


async def test_one_operation_has_a_workload_at_a_time(
    ledger: Ledger, web: WorkloadRecord, order: WorkloadOrder
) -> None:
    await ledger.claim(web.id, asked(order, 1), port=PORT)

    second = await ledger.claim(web.id, asked(order, 2), port=PORT)

    assert (second.release, second.holder) == (None, UUID(int=1))
    await ledger.release(web.id, UUID(int=1))
    third = await ledger.claim(web.id, asked(order, 2), port=PORT)
    assert third.release is not None


async def test_claiming_again_is_the_same_claim(
    ledger: Ledger, web: WorkloadRecord, order: WorkloadOrder
) -> None:
    first = await ledger.claim(web.id, asked(order, 1), port=PORT)

    assert await ledger.claim(web.id, asked(order, 1), port=PORT) == first


async def test_an_older_run_is_superseded(
    ledger: Ledger, web: WorkloadRecord, order: WorkloadOrder
) -> None:
    await deploy(ledger, web, asked(order, 5))

    with pytest.raises(Superseded, match="Run 5 has deployed hello/dev/web"):
        await ledger.claim(web.id, asked(order, 4), port=PORT)

    settled = await ledger.settle(web.id, [], deployment=UUID(int=4), reason="late")
    assert settled.lines == ["late", "release 1 keeps serving"]
    assert (await ledger.get(web.id)).run_number == 5


async def test_switching_twice_is_fine(
    ledger: Ledger, web: WorkloadRecord, order: WorkloadOrder
) -> None:
    await deploy(ledger, web, asked(order, 1))
    claim = await ledger.claim(web.id, asked(order, 2), port=PORT)
    assert claim.release is not None
    await ledger.berth(claim.release, 1, deployment=UUID(int=2), port=1)

    first = await ledger.switch(web.id, 2, deployment=UUID(int=2))
    again = await ledger.switch(web.id, 2, deployment=UUID(int=2))

    assert first == again
    assert len(await ledger.replicas(web.id, ReplicaState.DRAINING)) == 1
    assert len(await ledger.replicas(web.id, ReplicaState.SERVING)) == 1


async def test_a_failure_leaves_the_old_release(
    ledger: Ledger, web: WorkloadRecord, order: WorkloadOrder
) -> None:
    await deploy(ledger, web, asked(order, 1))
    claim = await ledger.claim(web.id, asked(order, 2), port=PORT)
    assert claim.release is not None
    new = await ledger.berth(claim.release, 1, deployment=UUID(int=2), port=1)

    idle = await ledger.idle(web.id, by=UUID(int=2))
    settled = await ledger.settle(
        web.id, idle, deployment=UUID(int=2), reason="It never answered."
    )

    assert idle == [new]
    assert settled.discarded == [2]
    assert settled.lines == ["It never answered.", "release 1 keeps serving"]
    now = await ledger.get(web.id)
    assert (now.release, now.state, now.holder) == (1, WorkloadState.HEALTHY, None)
    assert (await ledger.releases.of(web.id))[0].state is ReleaseState.FAILED


async def test_a_first_failure_is_told(
    ledger: Ledger, web: WorkloadRecord, order: WorkloadOrder
) -> None:
    await ledger.claim(web.id, asked(order, 1), port=PORT)

    await ledger.settle(web.id, [], deployment=UUID(int=1), reason="It died.")

    now = await ledger.get(web.id)
    assert (now.state, now.reason) == (WorkloadState.FAILED, "It died.")


async def test_the_release_before_is_kept(
    ledger: Ledger, web: WorkloadRecord, order: WorkloadOrder
) -> None:
    for number in (1, 2):
        await deploy(ledger, web, asked(order, number))
    await ledger.claim(web.id, asked(order, 3), port=PORT)
    await ledger.settle(web.id, [], deployment=UUID(int=3), reason="It died.")
    claim = await ledger.claim(web.id, asked(order, 4), port=PORT)
    assert claim.release is not None
    await ledger.berth(claim.release, 1, deployment=UUID(int=4), port=1)
    await ledger.switch(web.id, claim.release.number, deployment=UUID(int=4))

    settled = await ledger.settle(web.id, [], deployment=UUID(int=4), reason="")

    assert claim.release.number == 4
    assert settled.discarded == [3, 1]


async def test_others_do_not_settle(
    ledger: Ledger, web: WorkloadRecord, order: WorkloadOrder
) -> None:
    claim = await ledger.claim(web.id, asked(order, 1), port=PORT)
    assert claim.release is not None
    await ledger.berth(claim.release, 1, deployment=UUID(int=1), port=1)

    assert await ledger.idle(web.id, by=UUID(int=2)) == []
    await ledger.settle(web.id, [], deployment=UUID(int=2), reason="cancelled")

    now = await ledger.get(web.id)
    assert (now.holder, now.state) == (UUID(int=1), WorkloadState.DEPLOYING)


async def test_a_restart_keeps_release_and_number(
    ledger: Ledger, web: WorkloadRecord, order: WorkloadOrder
) -> None:
    restart = Asked(operation_id=UUID(int=9))
    with pytest.raises(NothingServes):
        await ledger.claim(web.id, restart, port=PORT)
    await deploy(ledger, web, asked(order, 1))
    before = await ledger.replicas(web.id, ReplicaState.SERVING)

    await deploy(ledger, web, restart)

    now = await ledger.get(web.id)
    assert (now.release, now.run_number) == (1, 1)
    after = await ledger.replicas(web.id, ReplicaState.SERVING)
    assert len(before) == len(after) == 1
    assert after[0].key == f"workload/{web.id}/1/1/2"


async def test_a_deleted_workload_is_told(
    ledger: Ledger, web: WorkloadRecord, memory: Memory, order: WorkloadOrder
) -> None:
    del memory.workloads[web.id]

    with pytest.raises(WorkloadNotFound):
        await ledger.claim(web.id, asked(order, 1), port=PORT)
    with pytest.raises(WorkloadNotFound):
        await ledger.idle(web.id, by=UUID(int=1))
