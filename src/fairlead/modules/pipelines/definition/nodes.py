"""A YAML document as plain values that know where they stand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn

from fairlead.modules.pipelines.domain.errors import PipelineInvalid

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
MAX_NODES = 25_000
CORE = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def refuse(self, message: str, hint: str = "") -> NoReturn:
        """Raise what is wrong here.

        Raises:
            PipelineInvalid: always.
        """
        where = f"{self.file} line {self.line}, column {self.column}"
        text = f"{where}: {message}; {hint}" if hint else f"{where}: {message}"
        raise PipelineInvalid(
            text if text.endswith("?") else f"{text.rstrip('.')}.",
            file=self.file,
            line=self.line,
            column=self.column,
            hint=hint,
        )


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as written; `kind` is `str`, `int`, `float`, `bool` or `null`."""

    place: Place
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    place: Place
    items: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, each key with its own place."""

    place: Place
    keys: dict[str, Place]
    values: dict[str, "Tree"]

    def only(self, known: tuple[str, ...], what: str) -> None:
        """Refuse the first key that is not among `known`.

        Raises:
            PipelineInvalid: with the key most like it as the hint.
        """
        for key, place in self.keys.items():
            if key not in known:
                near = get_close_matches(key, known, n=1, cutoff=0.6)
                hint = (
                    f"did you mean '{near[0]}'?"
                    if near
                    else f"allowed are {', '.join(known)}"
                )
                place.refuse(f"unknown key '{key}' in {what}", hint)


Tree = Scalar | Listing | Mapping


def parse(data: bytes, file: str) -> Tree:
    """Read one YAML document.

    Raises:
        PipelineInvalid: it is too large, not UTF-8, not YAML, empty, too deep, or uses
            tags, merge keys, duplicate keys or aliases without bound.
    """
    text = _decode(data, file)
    yaml = _Reader(file)
    yaml.measure(text)
    root = yaml.compose(text)
    if root is None:
        Place(file, 1, 1).refuse("the file is empty", "start with 'version: 1'")
    return yaml.convert(root, 0)


def _decode(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        Place(file, 1, 1).refuse(
            f"the file has {len(data)} bytes", f"at most {MAX_BYTES} are read"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        Place(file, line, column).refuse("this is not UTF-8 text", "save it as UTF-8")


class _Reader:
    """Keeps what one reading needs: the file's name and the bounds."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._nodes = 0

    def measure(self, text: str) -> None:
        """Refuse what would cost too much to build, before it is built."""
        with self._guarded() as yaml:
            depth = 0
            for count, event in enumerate(yaml.parse(text)):
                name = type(event).__name__
                depth += name.endswith("StartEvent") - name.endswith("EndEvent")
                if depth > MAX_DEPTH or count > MAX_NODES:
                    self._place(event).refuse("the file is nested too deep or too long")

    def compose(self, text: str) -> Any:
        """Return the root node, or None for an empty document."""
        with self._guarded() as yaml:
            return yaml.compose(text)

    @contextmanager
    def _guarded(self) -> Iterator[Any]:
        from ruamel.yaml import YAML  # noqa: PLC0415 - costs an idle server memory
        from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

        try:
            yield YAML(typ="safe", pure=True)
        except MarkedYAMLError as error:
            self._marked(error)
        except (YAMLError, ValueError, RecursionError) as error:
            first = str(error).splitlines() or ["it cannot be read"]
            Place(self._file, 1, 1).refuse(f"this is not YAML: {first[0]}")

    def _marked(self, error: Any) -> NoReturn:
        mark = error.problem_mark or error.context_mark
        place = (
            Place(self._file, mark.line + 1, mark.column + 1)
            if mark
            else Place(self._file, 1, 1)
        )
        problem = str(error.problem or error.context or "it cannot be read")
        if "\\t" in problem or "tab" in problem:
            place.refuse("a tab stands where only spaces may", "indent with spaces")
        place.refuse(f"this is not YAML: {problem.splitlines()[0]}")

    def _place(self, node: Any) -> Place:
        mark = node.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1)

    def convert(self, node: Any, depth: int) -> Tree:
        """Return a node as a value; aliases are followed, within the bounds."""
        place = self._place(node)
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            place.refuse("the file is nested too deep or too long", "use fewer aliases")
        tag = str(node.tag or "")
        kind = tag.removeprefix(CORE)
        if not tag.startswith(CORE) or kind not in KINDS:
            place.refuse(f"the tag '{tag}' is not allowed", "leave it out")
        if kind == "seq":
            items = tuple(self.convert(item, depth + 1) for item in node.value)
            return Listing(place, items)
        if kind == "map":
            return self._mapping(node, place, depth)
        return Scalar(place, str(node.value), KINDS[kind])

    def _mapping(self, node: Any, place: Place, depth: int) -> Mapping:
        keys: dict[str, Place] = {}
        values: dict[str, Tree] = {}
        for key_node, value_node in node.value:
            key_place = self._place(key_node)
            if not isinstance(key_node.value, str):
                key_place.refuse("a key must be a word")
            key = key_node.value
            if key in keys:
                key_place.refuse(f"the key '{key}' stands here twice")
            keys[key] = key_place
            values[key] = self.convert(value_node, depth + 1)
        return Mapping(place, keys, values)


KINDS = {
    "str": "str",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "null": "null",
    "timestamp": "str",
    "seq": "seq",
    "map": "map",
}
