"""Typed settings out of the layers."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

import fairlead
from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.layers import (
    PLACES,
    PREFIX,
    Layers,
    SettingsInvalid,
    from_environment,
    read_file,
)

StructT = TypeVar("StructT", bound=Struct)
FILE = "FAIRLEAD_SETTINGS"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings: the environment's name, the home, and each section by its type.

    Attributes:
        names: The sections' types by their names.
    """

    environment: str
    home: Home
    sections: Mapping[type[Struct], Struct]
    names: Mapping[str, type[Struct]] = field(default_factory=dict)

    def of(self, kind: type[StructT]) -> StructT:
        """Return the section of this type."""
        value = self.sections[kind]
        if not isinstance(value, kind):
            raise TypeError(kind)
        return value


def read_layers(environ: Mapping[str, str]) -> Layers:
    """Merge config/default.yaml, config/<environment>.yaml, a file, the variables.

    Raises:
        SettingsInvalid: a file cannot be read, or no such environment exists.
    """
    layers = Layers()
    folder = config_folder()
    variables = from_environment(environ)
    layers.merge(read_file(folder / "default.yaml"), "config/default.yaml")
    name = str(variables.get("environment") or layers.values["environment"])
    known = sorted(
        path.stem for path in folder.glob("*.yaml") if path.stem != "default"
    )
    if name not in known:
        raise SettingsInvalid(
            f"There is no environment '{name}'; choose one of {', '.join(known)}.",
            path="environment",
        )
    layers.merge(read_file(folder / f"{name}.yaml"), f"config/{name}.yaml")
    if environ.get(FILE):
        layers.merge(read_file(Path(environ[FILE])), environ[FILE])
    by_variable = _by_variable(environ)
    for variable, value in by_variable.items():
        layers.merge(value, variable)
    layers.plain = tuple(
        name for name in environ if name.startswith(PREFIX) and name not in by_variable
    )
    return layers


def config_folder() -> Path:
    """Return the folder of the shipped files: in the package, or in the checkout."""
    package = Path(fairlead.__file__).parent
    shipped = package / "config"
    return shipped if shipped.is_dir() else package.parent.parent / "config"


def typed(layers: Layers, sections: Mapping[str, type[Struct]]) -> Settings:
    """Turn merged layers into typed sections.

    Raises:
        SettingsInvalid: a key is unknown or a value has the wrong type; the message
            names its path and where it was set.
    """
    for name in layers.values:
        if name not in sections and name not in PLACES:
            _refuse_unknown(layers, name, [*sections, *PLACES])
    for name in layers.plain:
        _refuse_slip(name, sections)
    return Settings(
        environment=str(layers.values["environment"]),
        home=home(layers),
        sections={
            kind: _convert(layers, section, kind) for section, kind in sections.items()
        },
        names=dict(sections),
    )


def home(layers: Layers) -> Home:
    """Return the data folder the layers name, absolute."""
    return Home(Path(str(layers.values["home"])).expanduser().absolute())


def _by_variable(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {
        name: values
        for name, text in environ.items()
        if (values := from_environment({name: text}))
    }


def _refuse_unknown(layers: Layers, path: str, known: list[str]) -> None:
    source = next(
        (
            where
            for key, where in layers.sources.items()
            if f"{key}.".startswith(f"{path}.")
        ),
        "the settings",
    )
    near = difflib.get_close_matches(path, known, n=1)
    hint = (
        f"did you mean '{near[0]}'?"
        if near
        else f"there are {', '.join(sorted(known))}."
    )
    raise SettingsInvalid(f"{path} ({source}) is no setting; {hint}", path=path)


def _refuse_slip(variable: str, sections: Iterable[str]) -> None:
    """Refuse `FAIRLEAD_HTTP_PORT`, which was to be `FAIRLEAD_HTTP__PORT`."""
    for section in sections:
        start = f"{PREFIX}{section.upper()}_"
        if variable.startswith(start):
            meant = f"{start}_{variable.removeprefix(start)}"
            raise SettingsInvalid(
                f"{variable} is no setting; did you mean {meant}?", variable=variable
            )


def _convert(layers: Layers, section: str, kind: type[Struct]) -> Struct:
    values = layers.values.get(section) or {}
    if not isinstance(values, dict):
        raise SettingsInvalid(
            f"{section} ({layers.source(section)}) must be a mapping.", path=section
        )
    fields = {one.name: one.type for one in msgspec.structs.fields(kind)}
    for name in values:
        if name not in fields:
            source = layers.source(f"{section}.{name}")
            near = difflib.get_close_matches(name, fields, n=1)
            hint = (
                f"did you mean '{near[0]}'?"
                if near
                else f"there are {', '.join(fields)}."
            )
            raise SettingsInvalid(
                f"{section}.{name} ({source}) is no setting; {hint}",
                path=f"{section}.{name}",
            )
    split = {name: _split(value, fields[name]) for name, value in values.items()}
    try:
        return msgspec.convert(split, kind, strict=False)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$.")
        path = f"{section}.{place.rstrip('`')}" if place else section
        raise SettingsInvalid(
            f"{path} ({layers.source(path)}): {text}.", path=path
        ) from error


def _split(value: object, kind: Any) -> object:
    """Let a list be written `a,b` in a variable."""
    origin = getattr(kind, "__origin__", kind)
    if isinstance(value, str) and origin in {list, tuple}:
        return [part.strip() for part in value.split(",") if part.strip()]
    return value
