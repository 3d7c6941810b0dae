"""Which engine the settings ask for."""

from collections.abc import Sequence

from dishka import Provider

from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.engine.provider import EngineProvider
from fairlead.adapters.engine.settings import EngineSettings
from fairlead.kernel.errors import ErrorKind, FairleadError


class TemporalMissing(FairleadError):
    """Settings ask for Temporal, but its client is not installed."""

    kind = ErrorKind.INVALID
    code = "engine.temporal_missing"

    def __init__(self) -> None:
        """Say what to install."""
        super().__init__(
            "engine.kind is temporal, but its client is not installed: "
            "pip install 'fairlead[temporal]'."
        )


def engine_provider(settings: EngineSettings, parts: Sequence[EnginePart]) -> Provider:
    """Return what provides the engine; Temporal's client is imported only if asked for.

    Raises:
        TemporalMissing: it is asked for and not installed.
    """
    if settings.kind == "embedded":
        return EngineProvider(parts)
    try:
        from fairlead.adapters.temporal.provider import (  # noqa: PLC0415 - an extra
            TemporalProvider,
        )
    except ModuleNotFoundError as error:
        raise TemporalMissing from error
    return TemporalProvider(parts)
