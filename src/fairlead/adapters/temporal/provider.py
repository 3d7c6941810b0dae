"""Gives the platform its engine on Temporal."""

from collections.abc import Iterable

from dishka import Provider, Scope, provide

from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.engine.registry import Activities
from fairlead.adapters.engine.settings import EngineSettings
from fairlead.adapters.settings.home import Home
from fairlead.adapters.temporal.connection import Place
from fairlead.adapters.temporal.engine import TemporalEngine, Work
from fairlead.adapters.temporal.told import ToldFile
from fairlead.adapters.temporal.workers import Limits
from fairlead.kernel.engine import Engine

FILE = "temporal.db"
DAY_SECONDS = 86400.0


class TemporalProvider(Provider):
    """One engine per process; the platform opens and closes it."""

    scope = Scope.APP

    def __init__(self, parts: Iterable[EnginePart]) -> None:
        """Run the workflows of these parts."""
        super().__init__()
        self._workflows = tuple(flow for part in parts for flow in part.workflows)

    @provide
    def activities(self) -> Activities:
        """Return the registry; the platform fills it before the engine opens."""
        return Activities()

    @provide
    def engine(
        self, home: Home, activities: Activities, settings: EngineSettings
    ) -> Engine:
        """Make attempts here; play workflows here, too, unless settings say no."""
        return TemporalEngine(
            place_of(settings),
            workflows=self._workflows,
            activities=activities,
            told=ToldFile(home.path / FILE),
            limits=limits_of(settings),
            work=Work(workflows=settings.worker),
        )


def place_of(settings: EngineSettings) -> Place:
    """Return where Temporal is."""
    temporal = settings.temporal
    return Place(
        address=temporal.address,
        namespace=temporal.namespace,
        task_queue=temporal.task_queue,
        patience_seconds=temporal.patience_seconds,
    )


def limits_of(settings: EngineSettings) -> Limits:
    """Return how much a process takes on."""
    return Limits(
        activities=settings.activities,
        heartbeat_seconds=settings.temporal.heartbeat_seconds,
        retention_seconds=settings.retention_days * DAY_SECONDS,
    )
