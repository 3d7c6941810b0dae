"""The settings section `example`."""

from msgspec import Struct


class ExampleSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whether an empty installation gets the bundled example."""

    enabled: bool = True
