"""Settings of the audit service."""

from typing import Annotated

from msgspec import Meta, Struct


class AuditSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The section `audit`: how long entries are kept.

    Attributes:
        retention_days: Entries older than this are removed, the first ones first;
            null: none ever is.
        archive: Whether what is removed is kept as JSON lines in the blobs.
    """

    retention_days: Annotated[float, Meta(gt=0)] | None = None
    archive: bool = True
