"""The settings of the launcher."""

from typing import Annotated

from msgspec import Meta, Struct


class ProcessesSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How programs are run on this host.

    Attributes:
        full_disk_seconds: How long a step may wait for room on a full disk before it
            is ended.
    """

    full_disk_seconds: Annotated[float, Meta(gt=0)] = 30.0
