"""What workflow files may not do, because a replay would do it differently."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

ALLOWED: Final = frozenset(
    {
        "collections.abc",
        "dataclasses",
        "enum",
        "typing",
        "typing_extensions",
        "fairlead.kernel.engine",
        "fairlead.kernel.errors",
    }
)
OWN: Final = ("domain", "permissions", "ports", "public")
REASONS: Final = {
    "asyncio": "concurrency is `steps.graph`, waiting is `steps.sleep`",
    "datetime": "a clock tells another time at replay",
    "fairlead.kernel.clock": "a clock tells another time at replay",
    "fairlead.kernel.ids": "a new id is another one at replay",
    "os": "the world outside belongs into activities",
    "random": "chance falls differently at replay",
    "secrets": "chance falls differently at replay",
    "time": "a clock tells another time at replay",
    "uuid": "chance falls differently at replay",
}
BUILTINS: Final = {
    "__import__": "it hides what is imported",
    "breakpoint": "it waits for a person",
    "compile": "it hides what is run",
    "eval": "it hides what is run",
    "exec": "it hides what is run",
    "hash": "it differs between processes",
    "id": "it differs between processes",
    "input": "input and output belong into activities",
    "open": "input and output belong into activities",
    "print": "input and output belong into activities",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not allowed, at `line` of the file."""

    line: int
    message: str


def lint(source: str, package: str) -> list[Finding]:
    """Return what is wrong with the workflow file of `package`, by line.

    `package` is the dotted name of the module it belongs to, whose `public`,
    `domain` and `ports` it may import.
    """
    found = [
        Finding(_line(node), message)
        for node in ast.walk(ast.parse(source))
        for message in _messages(node, package)
    ]
    return sorted(found, key=lambda finding: finding.line)


def _line(node: ast.AST) -> int:
    place = node.iter if isinstance(node, ast.comprehension) else node
    return int(getattr(place, "lineno", 0))


def _messages(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _imported(alias.name, package)
    elif isinstance(node, ast.ImportFrom):
        yield from _imported_from(node, package)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        if node.id in BUILTINS:
            yield f"`{node.id}` is not allowed: {BUILTINS[node.id]}"
    elif isinstance(node, ast.Global | ast.Nonlocal):
        yield "shared variables are not allowed: a replay begins without them"
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield from _iterated(node.iter)


def _imported_from(node: ast.ImportFrom, package: str) -> Iterator[str]:
    if node.level:
        yield "relative imports are not allowed: write the whole name"
    elif node.module in {package, "fairlead.kernel"}:
        for alias in node.names:
            yield from _imported(f"{node.module}.{alias.name}", package)
    else:
        yield from _imported(node.module or "", package)


def _imported(name: str, package: str) -> Iterator[str]:
    own = {f"{package}.{file}" for file in OWN}
    if name in ALLOWED or any(name == one or name.startswith(f"{one}.") for one in own):
        return
    top = name if name in REASONS else name.partition(".")[0]
    reason = REASONS.get(top, "a workflow calls activities for what it needs")
    yield f"importing `{name}` is not allowed: {reason}"


def _iterated(iterable: ast.expr) -> Iterator[str]:
    called = isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Name)
    made = called and iterable.func.id in {"set", "frozenset"}  # type: ignore[attr-defined]
    if made or isinstance(iterable, ast.Set | ast.SetComp):
        yield "looping over a set is not allowed: its order differs; use `sorted`"
