"""Finds the real servers of the full tests, as `make components` installs them."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

REQUIRED = "FAIRLEAD_COMPONENTS"
FOLDERS = {"temporal": "temporal", "temporal-test-server": "temporal"}
PACKAGES = {"temporal-test-server": "temporal", "node": "nodejs"}


def folder() -> Path:
    """Return where `make components` puts what no system package has."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "fairlead" / "components"


def find(name: str) -> Path | None:
    """Return the program of the component `name`; None: it is not installed."""
    place = folder() / FOLDERS.get(name, name) / "bin" / name
    if os.access(place, os.X_OK) and place.is_file():
        return place
    if name == "postgresql":
        return _newest(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    found = shutil.which(name)
    return None if found is None else Path(found)


def _newest(programs: Iterable[Path]) -> Path | None:
    """Return the one of the highest version; Debian keeps them in folders by number."""
    found = sorted(programs, key=lambda path: int(path.parent.parent.name))
    return found[-1] if found else None


def required() -> bool:
    """Tell whether a test whose component is missing has failed."""
    return os.environ.get(REQUIRED) == "required"
