"""Takes typed values out of a positioned tree, or says what is wrong and where."""

import re

from fairlead.modules.pipelines.definition.nodes import (
    Listing,
    Mapping,
    Place,
    Scalar,
    Tree,
)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
LABEL = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h)?")
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
MAX_SECONDS = 7 * 24 * 3600


class Fields:
    """The keys of one mapping, taken by name and type; `what` names it in errors."""

    def __init__(self, tree: Tree, what: str, known: tuple[str, ...]) -> None:
        """Refuse anything but a mapping of `known` keys.

        Raises:
            PipelineInvalid: `tree` is something else.
        """
        if not isinstance(tree, Mapping):
            tree.place.refuse(f"{what} must be a mapping of {', '.join(known)}")
        tree.only(known, what)
        self.what = what
        self.place = tree.place
        self._values = tree.values

    def has(self, key: str) -> bool:
        """Tell whether the key is there and not empty."""
        found = self._values.get(key)
        return found is not None and not (
            isinstance(found, Scalar) and found.kind == "null"
        )

    def at(self, key: str) -> Place:
        """Return where the value of `key` stands, or the mapping when it is absent."""
        found = self._values.get(key)
        return found.place if found is not None else self.place

    def need(self, key: str) -> Tree:
        """Return the value of `key`.

        Raises:
            PipelineInvalid: it is absent or empty.
        """
        if not self.has(key):
            self.at(key).refuse(f"{self.what} needs '{key}'")
        return self._values[key]

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; numbers and words like `true` count as written."""
        if default is not None and not self.has(key):
            return default
        return text_of(self.need(key), f"'{key}' of {self.what}")

    def name(self, key: str) -> str:
        """Return a text of letters, digits, dots, dashes and underscores."""
        return self._matching(
            key, NAME, "letters, digits, '.', '_' and '-', at most 63"
        )

    def label(self, key: str) -> str:
        """Return a text of lowercase letters, digits and dashes."""
        return self._matching(
            key, LABEL, "lowercase letters, digits and '-', at most 40"
        )

    def _matching(self, key: str, form: re.Pattern[str], allowed: str) -> str:
        value = self.text(key)
        if not form.fullmatch(value):
            self.at(key).refuse(
                f"'{value[:80]}' is no {key} for {self.what}", f"use {allowed}"
            )
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """Return one of `choices`."""
        value = self.text(key)
        if value not in choices:
            self.at(key).refuse(
                f"'{value[:80]}' is no {key} for {self.what}",
                f"use one of {', '.join(choices)}",
            )
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number from `low` to `high`."""
        if default is not None and not self.has(key):
            return default
        value = self.need(key)
        digits = value.text if isinstance(value, Scalar) else ""
        number = int(digits) if digits.isascii() and digits.isdigit() else None
        if number is None or len(digits) > 9 or not low <= number <= high:  # noqa: PLR2004
            value.place.refuse(
                f"'{key}' of {self.what} must be a whole number from {low} to {high}"
            )
        return number

    def seconds(self, key: str) -> float | None:
        """Return a duration in seconds, written as a number or like `10m`."""
        if not self.has(key):
            return None
        value = self.text(key)
        match = DURATION.fullmatch(value)
        seconds = float(match[1]) * UNITS[match[2] or ""] if match else 0.0
        if not 0 < seconds <= MAX_SECONDS:
            self.at(key).refuse(
                f"'{value[:80]}' is no {key} for {self.what}",
                "write seconds, or like 90s, 10m or 2h, at most 7 days",
            )
        return seconds

    def items(self, key: str) -> tuple[Tree, ...]:
        """Return a list's items; absent: none."""
        if not self.has(key):
            return ()
        value = self.need(key)
        if not isinstance(value, Listing):
            value.place.refuse(f"'{key}' of {self.what} must be a list")
        return value.items

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of at least one text."""
        found = self.items(key)
        if not found:
            self.at(key).refuse(
                f"'{key}' of {self.what} must be a list of at least one text",
                'write it like ["python", "-m", "hello"]',
            )
        return tuple(text_of(item, f"'{key}' of {self.what}") for item in found)

    def variables(self, key: str) -> dict[str, str]:
        """Return names with texts, for a process's environment; absent: none."""
        if not self.has(key):
            return {}
        value = self.need(key)
        what = f"'{key}' of {self.what}"
        if not isinstance(value, Mapping):
            value.place.refuse(f"{what} must be a mapping of names to texts")
        for name, place in value.keys.items():
            if not VARIABLE.fullmatch(name):
                place.refuse(f"'{name[:80]}' is no name for a variable")
            if name.startswith("FAIRLEAD_"):
                place.refuse(f"'{name}' is set by Fairlead", "choose another name")
        return {
            name: text_of(item, f"'{name}' of {what}", empty=True)
            for name, item in value.values.items()
        }


def text_of(value: Tree, what: str, *, empty: bool = False) -> str:
    """Return a scalar as it was written.

    Raises:
        PipelineInvalid: it is a list, a mapping, empty (unless `empty`), or holds NUL.
    """
    if not isinstance(value, Scalar):
        value.place.refuse(f"{what} must be a text")
    text = "" if value.kind == "null" else value.text
    if not text.strip() and not empty:
        value.place.refuse(f"{what} must not be empty")
    if "\0" in text:
        value.place.refuse(f"{what} must not hold a NUL character")
    return text


def unique(names: list[tuple[str, Place]], what: str) -> None:
    """Refuse the first name that stands twice.

    Raises:
        PipelineInvalid: at the second one.
    """
    seen: dict[str, Place] = {}
    for name, place in names:
        if name in seen:
            place.refuse(
                f"{what} '{name}' is there already, in line {seen[name].line}",
                "choose another name",
            )
        seen[name] = place
