"""Gives the platform its engine."""

from collections.abc import Iterable

from dishka import Provider, Scope, provide

from fairlead.adapters.engine.engine import EmbeddedEngine, Limits
from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.engine.registry import Activities
from fairlead.adapters.engine.settings import EngineSettings
from fairlead.adapters.settings.home import Home
from fairlead.kernel.engine import Engine

FILE = "engine.db"
DAY_SECONDS = 86400.0


class EngineProvider(Provider):
    """One embedded engine per process; the platform opens and closes it."""

    scope = Scope.APP

    def __init__(self, parts: Iterable[EnginePart]) -> None:
        """Run the workflows of these parts."""
        super().__init__()
        self._workflows = tuple(flow for part in parts for flow in part.workflows)

    @provide
    def activities(self) -> Activities:
        """Return the registry; the platform fills it before the engine opens.

        Activities may need what itself needs the engine, so they are built later.
        """
        return Activities()

    @provide
    def engine(
        self, home: Home, activities: Activities, settings: EngineSettings
    ) -> Engine:
        """Keep the journal in `<home>/engine.db`."""
        return EmbeddedEngine(
            home.path / FILE,
            workflows=self._workflows,
            activities=activities,
            limits=Limits(
                activities=settings.activities,
                retention_seconds=settings.retention_days * DAY_SECONDS,
            ),
        )
