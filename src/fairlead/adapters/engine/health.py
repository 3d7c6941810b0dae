"""Whether the engine can record."""

from typing_extensions import override

from fairlead.adapters.engine.engine import EmbeddedEngine
from fairlead.kernel.health import Health, HealthCheck


class EngineHealth(HealthCheck):
    """Tells of a journal that cannot be written."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        """Ask `engine`."""
        self._engine = engine

    @override
    async def check(self) -> Health:
        trouble = self._engine.trouble
        return Health(name="engine", ok=not trouble, detail=trouble)
