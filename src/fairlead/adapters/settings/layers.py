"""The layers settings come from, merged: files, then FAIRLEAD_* variables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import yaml

from fairlead.kernel.errors import ErrorKind, FairleadError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PREFIX = "FAIRLEAD_"
TOP = {"FAIRLEAD_HOME": "home", "FAIRLEAD_ENVIRONMENT": "environment"}
PLACES = ("environment", "home")
KIND = "kind"


class SettingsInvalid(FairleadError):
    """A setting is unknown or has a wrong value; the message has its path."""

    kind = ErrorKind.INVALID
    code = "settings.invalid"


@dataclass(slots=True)
class Layers:
    """Merged settings and, for each path, where its value came from last."""

    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    plain: tuple[str, ...] = ()  # FAIRLEAD_* variables that are no settings by form

    def merge(self, values: Mapping[str, Any], source: str) -> None:
        """Lay `values` over what is there, section by section.

        A section that is one word means its kind: `engine: temporal`.
        """
        for path, value in _leaves(values, ()):
            kind = len(path) == 1 and path[0] not in PLACES and isinstance(value, str)
            self._put((*path, KIND) if kind else path, value, source)

    def _put(self, path: tuple[str, ...], value: object, source: str) -> None:
        place = self.values
        for name in path[:-1]:
            below = place.setdefault(name, {})
            if not isinstance(below, dict):
                place[name] = below = {}
            place = below
        place[path[-1]] = value
        self.sources[".".join(path)] = source

    def source(self, path: str) -> str:
        """Return where the value at `path`, or the nearest above it, came from."""
        while path and path not in self.sources:
            path = path.rpartition(".")[0]
        return self.sources.get(path, "the settings")


def _leaves(
    values: Mapping[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in values.items():
        path = (*above, str(name))
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, path)
        else:
            yield path, value


def read_file(path: Path) -> dict[str, Any]:
    """Return the settings in one YAML file.

    Raises:
        SettingsInvalid: it cannot be read or is no mapping.
    """
    try:
        data = yaml.load(path.read_bytes(), Loader=_LOADER)  # noqa: S506 - a safe one
    except (OSError, yaml.YAMLError) as error:
        raise SettingsInvalid(
            f"{path} cannot be read: {error}", file=str(path)
        ) from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise SettingsInvalid(f"{path} must hold a mapping.", file=str(path))
    return data


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what FAIRLEAD_* variables set.

    `FAIRLEAD_SECTION__KEY` sets `section.key`; a value that begins with `[` or `{`
    is JSON. Variables without `__`, but for the home and the environment, belong to
    the command line and to steps, and are no settings.
    """
    layers = Layers()
    for name, text in sorted(environ.items()):
        if name in TOP:
            layers.merge({TOP[name]: text}, name)
        elif name.startswith(PREFIX) and "__" in name:
            path = name[len(PREFIX) :].lower().split("__")
            nested: Any = _value(text, name)
            for part in reversed(path):
                nested = {part: nested}
            layers.merge(nested, name)
    return layers.values


def _value(text: str, name: str) -> object:
    if text[:1] not in {"[", "{"}:
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise SettingsInvalid(
            f"{name} is no valid JSON: {error}", variable=name
        ) from error
