"""What a module gives to the settings: a typed section."""

from dataclasses import dataclass

from msgspec import Struct

from fairlead.kernel.module import Part


@dataclass(frozen=True)
class SettingsPart(Part):
    """A section of the settings.

    The value is provided to the container under `type`, APP-scoped.

    Attributes:
        section: Its top-level key, e.g. `pipelines`.
        type: A frozen msgspec Struct with `forbid_unknown_fields=True` and a
            default for every field.
    """

    section: str
    type: type[Struct]
