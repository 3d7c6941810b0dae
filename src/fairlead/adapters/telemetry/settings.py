"""The settings section `log`."""

from typing import Literal

from msgspec import Struct


class LogSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How much is logged, and in which form; lines go to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "warning"
    format: Literal["console", "json"] = "console"
