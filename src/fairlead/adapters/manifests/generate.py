"""Writes each `permissions.py` from the `module.yaml` beside it.

Run as `python -m fairlead.adapters.manifests.generate [--check]`.
"""

import sys
from pathlib import Path

import fairlead
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.kernel.module import Manifest

ROOT = Path(fairlead.__file__).parent


def constants(manifest: Manifest) -> str:
    """Return the text of `permissions.py`; empty when there are no permissions."""
    lines = []
    for permission in manifest.permissions:
        _, resource, action = permission.split(".")
        lines.append(f'{resource.upper()}_{action.upper()} = "{permission}"')
    if not lines:
        return ""
    title = f"Permissions of {manifest.name}; generated from module.yaml"
    return f'"""{title} by `make generate`."""\n\n' + "\n".join(lines) + "\n"


def stale(root: Path) -> dict[Path, str]:
    """Return the files below `root` that differ from what they should be."""
    wanted = {
        path.with_name("permissions.py"): constants(read_manifest(path))
        for path in sorted(root.rglob("module.yaml"))
    }
    return {
        path: text
        for path, text in wanted.items()
        if (path.read_text() if path.exists() else "") != text
    }


def main() -> int:
    """Write the stale files, or with `--check` only name them and fail."""
    files = stale(ROOT)
    if "--check" in sys.argv[1:]:
        for path in files:
            sys.stderr.write(f"stale: {path.relative_to(ROOT)} (run: make generate)\n")
        return 1 if files else 0
    for path, text in files.items():
        path.write_text(text)
        sys.stderr.write(f"wrote {path.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
