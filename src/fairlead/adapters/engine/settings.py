"""The settings section `engine`."""

from typing import Annotated

from msgspec import Meta, Struct


class EngineSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How the embedded engine works.

    Attributes:
        activities: Running at once; one that waits for a child keeps its place.
        retention_days: How long ended workflows are kept.
    """

    activities: Annotated[int, Meta(ge=16)] = 1000
    retention_days: Annotated[float, Meta(gt=0)] = 7.0
