"""The engine's harness on a Temporal server."""

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from typing_extensions import override

from fairlead.adapters.temporal.connection import Place
from fairlead.adapters.temporal.engine import TemporalEngine
from fairlead.adapters.temporal.told import ToldFile
from fairlead.adapters.temporal.workers import Limits
from fairlead.kernel.engine import Activity, Workflow
from fairlead.testing.engine import EngineHarness, Listener

NAMESPACE = "default"


class TemporalHarness(EngineHarness):
    """Opens the Temporal engine on a task queue of its own."""

    def __init__(self, address: str, folder: Path) -> None:
        """Use the server at `address`; what was told is kept in `folder`."""
        self.place = Place(
            address=address,
            namespace=NAMESPACE,
            task_queue=f"test-{uuid.uuid4().hex[:12]}",
        )
        self._told = folder / "told.db"
        self._engine: TemporalEngine | None = None

    @override
    async def open(
        self,
        workflows: Sequence[Workflow],
        activities: Mapping[str, Activity],
        *,
        listener: Listener | None = None,
        history: int | None = None,
        retention_seconds: float | None = None,
        at_once: int | None = None,
    ) -> TemporalEngine:
        await self.close()
        usual = Limits()
        keep = (
            usual.retention_seconds if retention_seconds is None else retention_seconds
        )
        engine = TemporalEngine(
            self.place,
            workflows=workflows,
            activities=activities,
            told=ToldFile(self._told),
            limits=Limits(
                activities=at_once or usual.activities,
                history=history or usual.history,
                heartbeat_seconds=5.0,
                cleanup_seconds=2.0,
                retention_seconds=keep,
                task_seconds=4.0,
            ),
        )
        if listener is not None:
            engine.watch(listener)
        await engine.open()
        self._engine = engine
        return engine

    @override
    async def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.close()
