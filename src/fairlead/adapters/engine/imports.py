"""Which names a workflow file may import, and from where."""

import ast
import collections.abc
import dataclasses
import enum
import importlib.util
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import typing_extensions

Sources = Callable[[str], str | None]

STANDARD: Final = {
    "collections.abc": frozenset(collections.abc.__all__),
    "dataclasses": frozenset(dataclasses.__all__) - {"make_dataclass"},
    "enum": frozenset(enum.__all__) - {"global_enum"},
    "typing": frozenset(typing.__all__) - {"get_type_hints"},
    "typing_extensions": frozenset(typing_extensions.__all__)
    - {"get_type_hints", "evaluate_forward_ref"},
}
KERNEL: Final = frozenset({"fairlead.kernel.engine", "fairlead.kernel.errors"})
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


def installed(module: str) -> str | None:
    """Return the source text of an importable module; None: there is none."""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin).read_text(encoding="utf-8")


class Imports:
    """What the workflow files of one package may import."""

    def __init__(self, package: str, sources: Sources) -> None:
        """Look into what they import by `sources`."""
        self._package = package
        self._sources = sources

    def messages(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        """Say what is wrong with an import."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield self._whole(alias.name)
        elif node.level:
            yield "relative imports are not allowed: write the whole name"
        elif self._allowed(node.module or ""):
            for alias in node.names:
                yield from self._name(node.module or "", alias.name)
        elif node.module in {self._package, "fairlead.kernel"}:
            for alias in node.names:
                yield self._whole(f"{node.module}.{alias.name}")
        else:
            yield _refusal(node.module or "")

    def _whole(self, module: str) -> str:
        if self._allowed(module):
            return (
                f"importing all of `{module}` is not allowed: "
                f"write `from {module} import ...`"
            )
        return _refusal(module)

    def _allowed(self, module: str) -> bool:
        own = (f"{self._package}.{file}" for file in OWN)
        return (
            module in STANDARD
            or module in KERNEL
            or any(module == one or module.startswith(f"{one}.") for one in own)
        )

    def _name(self, module: str, name: str) -> Iterator[str]:
        if name.startswith("_") or not self._has(module, name, depth=4):
            reason = REASONS.get(
                name, f"it is nothing that `{module}` is there to give"
            )
            yield f"importing `{name}` from `{module}` is not allowed: {reason}"

    def _has(self, module: str, name: str, *, depth: int) -> bool:
        """Tell whether an allowed module defines `name`, or hands on such a one."""
        if module in STANDARD:
            return name in STANDARD[module]
        source = self._sources(module)
        if source is None or not depth:
            return False
        for node in ast.parse(source).body:
            if name in _defined(node):
                return True
            if isinstance(node, ast.ImportFrom) and self._allowed(node.module or ""):
                for alias in node.names:
                    if name == (alias.asname or alias.name):
                        origin = node.module or ""
                        return self._has(origin, alias.name, depth=depth - 1)
        return False


def _defined(node: ast.stmt) -> set[str]:
    """Return the names that a statement of a module's body defines."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Attribute):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return {
        name.id
        for target in targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }


def _refusal(name: str) -> str:
    top = name if name in REASONS else name.partition(".")[0]
    reason = REASONS.get(top, "a workflow calls activities for what it needs")
    return f"importing `{name}` is not allowed: {reason}"
