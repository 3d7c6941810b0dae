"""Settings of the operations service."""

from typing import Annotated

from msgspec import Meta, Struct, field

AtLeastOne = Annotated[int, Meta(ge=1)]


class OperationsSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The section `operations`: how many run at once, and how long things are kept.

    Attributes:
        limit: Running in all.
        per_project: Running of one project.
        per_kind: Running of one kind, e.g. `{"pipelines.run": 4}`.
        grace_seconds: What running steps get to end by themselves when the server
            is stopped.
        retention_days: How long ended operations and their output are kept.
        journal_days_local: How long the events and output of an ended operation stay
            in the data folder before they are moved to the blobs; 0: not at all.
        journal_days: How long they are kept at all.
        reader_lag_bytes: A live reader that falls further behind misses output, and
            is told so by a `gap`.
        jitter_seconds: By how much at most a schedule comes later than its time,
            where it does not say itself; jobs of modules too.
        digest_mail: Whether the weekly digest is mailed to administrators with a
            verified address.
    """

    limit: AtLeastOne = 16
    per_project: AtLeastOne = 5
    per_kind: dict[str, AtLeastOne] = field(default_factory=dict)
    grace_seconds: Annotated[float, Meta(ge=0, le=3600)] = 30.0
    retention_days: Annotated[float, Meta(gt=0)] = 90.0
    journal_days_local: Annotated[float, Meta(ge=0)] = 1.0
    journal_days: Annotated[float, Meta(gt=0)] = 30.0
    reader_lag_bytes: Annotated[int, Meta(ge=64 * 1024)] = 64 * 1024 * 1024
    jitter_seconds: Annotated[int, Meta(ge=0, le=3600)] = 0
    digest_mail: bool = True
