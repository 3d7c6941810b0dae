"""The settings section `engine`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class TemporalSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where Temporal is.

    Attributes:
        address: `host:port` of its frontend.
        task_queue: This installation's name there: a second installation on the same
            namespace needs another one.
        heartbeat_seconds: A step whose worker is silent for so long is made again.
        patience_seconds: How long a start waits for Temporal to come up.
    """

    address: str = "127.0.0.1:7233"
    namespace: str = "default"
    task_queue: Annotated[str, Meta(min_length=1, pattern="^[A-Za-z0-9_.-]+$")] = (
        "fairlead"
    )
    heartbeat_seconds: Annotated[float, Meta(ge=2)] = 10.0
    patience_seconds: Annotated[float, Meta(ge=0)] = 20.0


class EngineSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which engine there is and how it works; `engine: temporal` sets its kind.

    Attributes:
        kind: `embedded` keeps a journal in the data folder.
        worker: Whether the server plays workflows itself; if not, `fairlead worker`
            does. Only on Temporal.
        activities: Running at once; one that waits for a child keeps its place.
        retention_days: How long ended workflows are kept.
    """

    kind: Literal["embedded", "temporal"] = "embedded"
    worker: bool = True
    activities: Annotated[int, Meta(ge=16)] = 1000
    retention_days: Annotated[float, Meta(gt=0)] = 7.0
    temporal: TemporalSettings = TemporalSettings()
