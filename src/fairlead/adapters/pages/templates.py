"""Templates of all modules, compiled once each, every value escaped."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.adapters.pages import words
from fairlead.adapters.pages.assets import Assets
from fairlead.kernel.clock import Clock

if TYPE_CHECKING:  # Jinja is loaded with the first page, not with the server
    from jinja2 import Environment


class Templates:
    """Finds `<module>/<file>` in the modules' folders and renders it."""

    def __init__(
        self, folders: Mapping[str, Path], *, assets: Assets, clock: Clock
    ) -> None:
        """Read from `folders`, by the module's name."""
        self._folders = folders
        self._assets = assets
        self._clock = clock
        self._environment: Environment | None = None

    def render(self, name: str, data: Mapping[str, Any]) -> str:
        """Return the template `name` with `data` filled in."""
        environment = self._environment or self._load()
        return environment.get_template(name).render(now=self._clock.now(), **data)

    def _load(self) -> "Environment":
        from jinja2 import (  # noqa: PLC0415 - an idle server does without
            Environment,
            FileSystemLoader,
            PrefixLoader,
            StrictUndefined,
        )

        environment = Environment(
            loader=PrefixLoader(
                {name: FileSystemLoader(path) for name, path in self._folders.items()}
            ),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(
            {"size": words.size, "duration": words.duration, "initials": words.initials}
        )
        environment.globals.update(
            ago=words.ago, took=words.took, exact=words.exact, asset=self._assets.url
        )
        self._environment = environment
        return environment
