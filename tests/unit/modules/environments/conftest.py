"""A workload in memory, and those who act on it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.principal import TenantId
from fairlead.modules.environments.domain import WorkloadRecord
from fairlead.modules.environments.ledger import Ledger
from fairlead.modules.environments.memory import (
    Memory,
    MemoryFleet,
    MemoryReleaseStore,
    MemoryWorkloadStore,
)
from fairlead.modules.environments.ports import Keeper, PortChooser
from fairlead.modules.environments.public import WorkloadOrder, WorkloadState
from fairlead.testing.fakes import FrozenClock, NullWork


class FirstPort(PortChooser):
    """Chooses the lowest from 20000 on."""

    @override
    async def choose(self, taken: Collection[int]) -> int:
        return next(port for port in range(20000, 30000) if port not in taken)


@dataclass
class RecordingKeeper(Keeper):
    """Keeps nothing up; remembers what it was told."""

    removed: list[UUID] = field(default_factory=list)

    @override
    async def refresh(self, tenant_id: TenantId, workload_id: UUID) -> None:
        raise NotImplementedError

    @override
    async def drained(
        self, workload_id: UUID, ports: Sequence[int], *, timeout_seconds: float
    ) -> bool:
        raise NotImplementedError

    @override
    async def remove(self, workload_id: UUID) -> None:
        self.removed.append(workload_id)


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def ledger(memory: Memory) -> Ledger:
    return Ledger(
        workloads=MemoryWorkloadStore(memory),
        releases=MemoryReleaseStore(memory),
        fleet=MemoryFleet(memory),
        ports=FirstPort(),
        work=NullWork(),
        clock=FrozenClock(),
    )


@pytest.fixture
def keeper() -> RecordingKeeper:
    return RecordingKeeper()


@pytest.fixture
def order() -> WorkloadOrder:
    return WorkloadOrder(
        name="web",
        blob="artifacts/1",
        artifact_type="file",
        filename="web",
        executable=True,
        command=("./web",),
        port=8000,
        health="/healthz",
    )


@pytest.fixture
def web(memory: Memory) -> WorkloadRecord:
    """A workload nothing was deployed to."""
    workload = WorkloadRecord(
        id=UUID(int=1),
        project_id=UUID(int=2),
        project="hello",
        environment_id=UUID(int=3),
        environment="dev",
        name="web",
        state=WorkloadState.DEPLOYING,
        port=0,
        release=0,
        run_id=UUID(int=4),
        run_number=0,
        replicas=0,
        restarts=0,
        starts=0,
        reason="",
        holder=None,
        output_start=0,
        updated_at=FrozenClock().now(),
    )
    memory.workloads[workload.id] = workload
    return workload
