"""Rules of the house that no other tool holds."""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

import fairlead
from fairlead.adapters.grpc.generate import stale as stale_protos
from fairlead.adapters.manifests.generate import stale

SOURCE = Path(fairlead.__file__).parent
TESTS = Path(__file__).parent.parent
INSIDE = {"domain", "ports", "use_cases", "public", "workflows"}
OWN_FOLDERS = [SOURCE / "services", SOURCE / "modules"]


def sources() -> list[Path]:
    return sorted(
        path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts
    )


def named(path: Path) -> str:
    return str(path.relative_to(SOURCE.parent))


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def inside() -> list[Path]:
    kernel = list((SOURCE / "kernel").rglob("*.py"))
    rest = [
        path
        for folder in OWN_FOLDERS
        for path in folder.rglob("*.py")
        if INSIDE
        & {part.removesuffix(".py") for part in path.relative_to(folder).parts}
    ]
    return sorted(kernel + rest)


@pytest.mark.parametrize("path", sources(), ids=named)
def test_files_stay_short(path: Path) -> None:
    """400 lines at the most."""
    assert len(path.read_text().splitlines()) <= 400


def test_test_files_stay_short() -> None:
    """500 lines at the most."""
    sizes = {
        str(path): len(path.read_text().splitlines()) for path in TESTS.rglob("*.py")
    }
    assert [name for name, size in sizes.items() if size > 500] == []


@pytest.mark.parametrize("path", inside(), ids=named)
def test_inside_is_standard_library(path: Path) -> None:
    """Kernel, domain, ports, use cases and workflows know no framework."""
    allowed = {*sys.stdlib_module_names, "fairlead", "typing_extensions"}
    assert imported(path) - allowed == set()


def test_error_codes_are_unique_and_named_after_their_place() -> None:
    """A code stands for one fact."""
    codes: Counter[str] = Counter()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                codes.update(_codes(node))
    assert [code for code, times in codes.items() if times > 1] == []
    assert [code for code in codes if code.count(".") != 1] == []


def _codes(node: ast.ClassDef) -> list[str]:
    return [
        str(line.value.value)
        for line in node.body
        if isinstance(line, ast.Assign)
        and isinstance(line.targets[0], ast.Name)
        and line.targets[0].id == "code"
        and isinstance(line.value, ast.Constant)
    ]


def test_every_module_has_the_same_anatomy() -> None:
    """Who knows one module knows all."""
    for folder in OWN_FOLDERS:
        for place in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
            if place.name == "__pycache__":
                continue
            for name in ("__init__.py", "module.py", "module.yaml"):
                assert (place / name).is_file(), f"{place.name} lacks {name}"
            public = (place / "public.py", place / "public" / "__init__.py")
            assert any(each.is_file() for each in public), f"{place.name}: public.py"
            assert (
                yaml.safe_load((place / "module.yaml").read_text())["name"]
                == place.name
            )


def test_generated_files_are_fresh() -> None:
    """`make generate` would change nothing."""
    assert stale(SOURCE) == {}
    assert stale_protos() == {}


def test_nothing_is_called_a_helper() -> None:
    """No drawer for leftovers."""
    drawers = {"utils.py", "helpers.py", "base.py", "common.py", "manager.py"}
    assert [named(path) for path in sources() if path.name in drawers] == []
