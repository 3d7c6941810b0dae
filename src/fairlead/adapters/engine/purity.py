"""What else than imports would be done differently by a replay."""

import ast
from collections.abc import Iterator
from typing import Final

BUILTINS: Final = {
    "__import__": "it hides what is imported",
    "breakpoint": "it waits for a person",
    "compile": "it hides what is run",
    "delattr": "it hides what is changed",
    "dir": "it reaches into what is private",
    "eval": "it hides what is run",
    "exec": "it hides what is run",
    "getattr": "it hides what is reached",
    "globals": "it reaches into what is private",
    "hash": "it differs between processes",
    "id": "it differs between processes",
    "input": "input and output belong into activities",
    "locals": "it reaches into what is private",
    "open": "input and output belong into activities",
    "print": "input and output belong into activities",
    "setattr": "it hides what is changed",
    "vars": "it reaches into what is private",
}
MUTABLE: Final = frozenset({"bytearray", "dict", "list", "set"})
SETS: Final = frozenset({"set", "frozenset"})
SET_METHODS: Final = frozenset(
    {"union", "intersection", "difference", "symmetric_difference"}
)
# These go through what they are given in its order; `sorted`, `len`, `sum` do not.
ORDERED: Final = frozenset(
    {"dict", "enumerate", "filter", "iter", "list", "map", "tuple", "zip"}
)
ORDERED_METHODS: Final = frozenset({"extend", "fromkeys", "join"})
LOOP: Final = "looping over a set is not allowed: its order differs; use `sorted`"
SHARED: Final = (
    "what can be changed is not allowed here: all workflows would share it, and a "
    "replay begins without; use a tuple, or make it in a function"
)


class Purity:
    """Knows which names of a file are sets."""

    def __init__(self, tree: ast.Module) -> None:
        """Look through the whole file."""
        self._sets = frozenset(
            name for node in ast.walk(tree) for name in _set_names(node)
        )

    def messages(self, node: ast.AST) -> Iterator[str]:
        """Say what is wrong with a node itself."""
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield from _name(node.id)
        elif isinstance(node, ast.Attribute):
            yield from _attribute(node)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield "shared variables are not allowed: a replay begins without them"
        elif any(self._is_set(each) for each in _ordered(node)):
            yield LOOP

    def _is_set(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self._sets
        if isinstance(node, ast.BinOp):
            return self._is_set(node.left) or self._is_set(node.right)
        return _makes_set(node)


def shared(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what can be changed and outlives a call: of modules, classes, defaults."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            for statement in node.body:
                if isinstance(statement, ast.Assign | ast.AnnAssign):
                    yield from _mutable(statement.value)
        elif isinstance(node, ast.arguments):
            for default in (*node.defaults, *node.kw_defaults):
                yield from _mutable(default)


def _mutable(node: ast.expr | None) -> Iterator[ast.expr]:
    made = isinstance(
        node,
        ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp,
    )
    called = isinstance(node, ast.Call) and _called(node) in MUTABLE
    if node is not None and (made or called):
        yield node


def _name(name: str) -> Iterator[str]:
    if name in BUILTINS:
        yield f"`{name}` is not allowed: {BUILTINS[name]}"
    elif name.startswith("__"):
        yield f"`{name}` is not allowed: it reaches into what is private"


def _attribute(node: ast.Attribute) -> Iterator[str]:
    name, of = node.attr, node.value
    if not name.startswith("_"):
        return
    own = isinstance(of, ast.Name) and of.id in {"self", "cls"}
    begun = isinstance(of, ast.Call) and _called(of) == "super" and name == "__init__"
    if not begun and (name.startswith("__") or not own):
        yield f"`.{name}` is not allowed: it is private"


def _ordered(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what a node goes through in its order."""
    if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.iter
    elif isinstance(node, ast.Starred | ast.YieldFrom):
        yield node.value
    elif isinstance(node, ast.Call):
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if _called(node) in ORDERED or method in ORDERED_METHODS:
            yield from node.args


def _set_names(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node makes a set, or says to be one."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign) and _makes_set(node.value):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign) and _hints_set(node.annotation):
        targets = [node.target]
    elif isinstance(node, ast.arg) and _hints_set(node.annotation):
        yield node.arg
    yield from (each.id for each in targets if isinstance(each, ast.Name))


def _hints_set(annotation: ast.expr | None) -> bool:
    plain = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return isinstance(plain, ast.Name) and plain.id in SETS


def _makes_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if not isinstance(node, ast.Call):
        return False
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return _called(node) in SETS or method in SET_METHODS


def _called(node: ast.Call) -> str:
    """Return the plain name that is called, or ''."""
    return node.func.id if isinstance(node.func, ast.Name) else ""
