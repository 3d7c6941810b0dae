"""Settings as people may look at them: every value, but no secret."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from fairlead.adapters.settings.load import Settings
from fairlead.kernel.secrecy import credentials_in, sounds_secret

HIDDEN = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting; `usual` tells that it is what it is without being set.

    Attributes:
        variable: What sets it in the environment.
    """

    key: str
    value: str
    usual: bool
    variable: str


def shown(settings: Settings) -> Mapping[str, tuple[Shown, ...]]:
    """Return each section's settings in their order, by the section's name."""
    return {
        name: tuple(_fields(settings.of(kind), f"FAIRLEAD_{name.upper()}", ""))
        for name, kind in sorted(settings.names.items())
    }


def _fields(section: Struct, variable: str, above: str) -> Iterator[Shown]:
    for field in msgspec.structs.fields(type(section)):
        value = getattr(section, field.name)
        key, name = f"{above}{field.name}", f"{variable}__{field.name.upper()}"
        if isinstance(value, Struct):
            yield from _fields(value, name, f"{key}.")
        else:
            yield Shown(
                key=key,
                value=_text(field.name, value),
                usual=value == _default(field),
                variable=name,
            )


def _default(field: msgspec.structs.FieldInfo) -> object:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _text(name: str, value: object) -> str:
    if isinstance(value, Mapping):
        text = ", ".join(f"{key}: {_text(str(key), one)}" for key, one in value.items())
    elif isinstance(value, (list, tuple, set, frozenset)):
        text = ", ".join(str(one) for one in value)
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    else:
        text = str(value)
    if isinstance(value, str) and value and sounds_secret(name):
        return HIDDEN
    for secret in credentials_in(text):
        text = text.replace(secret, HIDDEN)
    return text
