"""Writes the Python code of `proto/` below `adapters/grpc/generated`.

Run as `python -m fairlead.adapters.grpc.generate [--check]`, in a checkout with the
development requirements (grpcio-tools brings the compiler).
"""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc_tools
from grpc_tools import protoc

import fairlead

PACKAGE = Path(fairlead.__file__).parent
PROTOS = PACKAGE.parent.parent / "proto"
GENERATED = PACKAGE / "adapters" / "grpc" / "generated"
WELL_KNOWN = Path(grpc_tools.__file__).parent / "_proto"
TITLE = '"""Generated from proto/ by `make generate`."""\n'
_OURS = re.compile(r"^from fairlead\.", re.MULTILINE)


def wanted() -> dict[Path, str]:
    """Return what should be in the folder of generated files.

    Raises:
        ValueError: the compiler refused a file; it has said why on stderr.
    """
    protos = sorted(PROTOS.rglob("*.proto"))
    with TemporaryDirectory() as folder:
        arguments = ["protoc", f"-I{PROTOS}", f"-I{WELL_KNOWN}"]
        arguments += [f"--python_out={folder}", f"--pyi_out={folder}"]
        if protoc.main([*arguments, *map(str, protos)]) != 0:
            raise ValueError(PROTOS)
        root = Path(folder) / "fairlead"
        files = {
            GENERATED / path.relative_to(root): _moved(path.read_text())
            for path in sorted(root.rglob("*.py*"))
        }
    folders = {parent for path in files for parent in path.parents}
    inner = {each for each in folders if each.is_relative_to(GENERATED)}
    return {**{each / "__init__.py": TITLE for each in sorted(inner)}, **files}


def _moved(text: str) -> str:
    """Let generated files import one another from where they are."""
    return _OURS.sub("from fairlead.adapters.grpc.generated.", text)


def stale() -> dict[Path, str | None]:
    """Return the files that differ from what they should be; None: they should go."""
    files = wanted()
    there = {
        path
        for path in GENERATED.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return dict.fromkeys(there - set(files)) | {
        path: text
        for path, text in files.items()
        if path not in there or path.read_text() != text
    }


def main() -> int:
    """Write the stale files, or with `--check` only name them and fail."""
    files = stale()
    if "--check" in sys.argv[1:]:
        for path in files:
            name = path.relative_to(PACKAGE)
            sys.stderr.write(f"stale: {name} (run: make generate)\n")
        return 1 if files else 0
    for path, text in files.items():
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        sys.stderr.write(f"wrote {path.relative_to(PACKAGE)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
