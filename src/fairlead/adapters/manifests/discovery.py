"""Finding modules: the one place where entry points and the plugins folder are read."""

import importlib
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from fairlead.kernel.module import BadModule, Module, in_order

GROUP = "fairlead.modules"


def discover(plugins: Path) -> list[Module]:
    """Return all installed modules, ours and others', in dependency order.

    They come from the entry point group `fairlead.modules` and from the packages in
    the folder `plugins`, each with a `module.py` that has a `MODULE`.

    Raises:
        BadModule: a module cannot be loaded, or their requirements do not fit.
    """
    found = [_load(entry) for entry in entry_points(group=GROUP)]
    return in_order([*found, *_plugins(plugins)])


def _load(entry: EntryPoint) -> Module:
    try:
        module = entry.load()
    except (ImportError, AttributeError) as error:
        raise BadModule(
            f"Module '{entry.name}' ({entry.value}) cannot be loaded: {error}",
            module=entry.name,
        ) from error
    return _checked(module, entry.name)


def _plugins(folder: Path) -> Iterator[Module]:
    if not folder.is_dir():
        return
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    for place in sorted(folder.iterdir()):
        if (place / "module.py").is_file():
            name = place.name
            try:
                loaded = importlib.import_module(f"{name}.module")
            except ImportError as error:
                raise BadModule(
                    f"Module '{name}' in {folder} cannot be loaded: {error}",
                    module=name,
                ) from error
            yield _checked(getattr(loaded, "MODULE", None), name)


def _checked(module: object, name: str) -> Module:
    if not isinstance(module, Module):
        raise BadModule(f"'{name}' has no MODULE of the kind Module.", module=name)
    return module
