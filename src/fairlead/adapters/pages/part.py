"""What a module gives to the console: pages, an entry, parts of the overview."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from litestar import Controller

from fairlead.kernel.module import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A link in the console's side bar; `platform` ones stand below the others."""

    label: str
    path: str
    order: int
    platform: bool = False


@dataclass(frozen=True)
class ConsolePart(Part):
    """Pages of a module.

    Attributes:
        controllers: Their routes stand in `module.yaml` like all others.
        templates: A folder whose templates are found as `<module>/<file>`.
        entries: Links in the side bar.
        overview: REQUEST-scoped types that add cards to the overview page.
    """

    controllers: tuple[type[Controller], ...]
    templates: Path
    entries: tuple[Entry, ...] = ()
    overview: tuple[type[Any], ...] = field(default=())
