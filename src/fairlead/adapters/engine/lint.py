"""What workflow files may not do, because a replay would do it differently.

`python -m fairlead.adapters.engine.lint src` looks at all workflow files below `src`.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairlead.adapters.engine.imports import Imports, Sources, installed
from fairlead.adapters.engine.purity import SHARED, Purity, shared
from fairlead.kernel.engine import Workflow

FILE = "workflows"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not allowed, at `line` of the file."""

    line: int
    message: str


def lint(source: str, package: str, sources: Sources = installed) -> list[Finding]:
    """Return what is wrong with the workflow file of `package`, by line.

    `package` is the dotted name of the module it belongs to, of whose `public`,
    `domain`, `ports` and `permissions` it may import what is defined there; `sources`
    finds their text.

    Raises:
        SyntaxError: `source` is no Python.
    """
    tree = ast.parse(source)
    imports, purity = Imports(package, sources), Purity(tree)

    def messages(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            return imports.messages(node)
        return purity.messages(node)

    found = [Finding(each.lineno, SHARED) for each in shared(tree)]
    for node in ast.walk(tree):
        found += [Finding(_line(node), message) for message in messages(node)]
    return sorted(found, key=lambda finding: finding.line)


def lint_tree(root: Path) -> Iterator[str]:
    """Yield what is wrong with the workflow files below `root`, each with its place."""
    for path in sorted(root.rglob("*.py")):
        home = path.parent if path.stem == FILE else path.parent.parent
        if FILE in {path.stem, path.parent.name}:
            package = ".".join(home.relative_to(root).parts)
            text = path.read_text(encoding="utf-8")
            for finding in lint(text, package):
                yield f"{path}:{finding.line}: {finding.message}"


def lint_workflow(workflow: Workflow) -> Iterator[str]:
    """Yield what is wrong with the file that a workflow's function is in."""
    function = inspect.unwrap(workflow.function)
    name = getattr(function, "__module__", "")
    text = installed(name)
    if text is None:
        yield f"{name}: there is no source to check workflow '{workflow.name}' by"
        return
    package, _, _ = name.partition(f".{FILE}")
    if package == name:
        package = name.rpartition(".")[0]
    for finding in lint(text, package):
        yield f"{name}, line {finding.line}: {finding.message}"


def _line(node: ast.AST) -> int:
    place = node.iter if isinstance(node, ast.comprehension) else node
    return int(getattr(place, "lineno", 0))


def main() -> int:
    """Look at the workflow files below each folder that is named."""
    found = [line for root in sys.argv[1:] for line in lint_tree(Path(root))]
    for line in found:
        sys.stderr.write(f"{line}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
