"""Reading `module.yaml`."""

from pathlib import Path
from typing import Any

import msgspec
import yaml

from fairlead.kernel.errors import FairleadError
from fairlead.kernel.module import BadModule, Manifest, check

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_manifest(path: Path) -> Manifest:
    """Return the manifest in the file `path`.

    Raises:
        BadModule: it cannot be read, has unknown or wrong members, or contradicts
            itself; the message names the file and the place.
    """
    try:
        data = yaml.load(path.read_bytes(), Loader=_LOADER)  # noqa: S506 - a safe one
    except FileNotFoundError as error:
        raise BadModule(f"{path} is missing.", file=str(path)) from error
    except (OSError, yaml.YAMLError) as error:
        raise BadModule(f"{path} cannot be read: {error}", file=str(path)) from error
    unknown = sorted(set(data) - _MEMBERS) if isinstance(data, dict) else []
    if unknown:
        raise BadModule(
            f"{path}: '{unknown[0]}' is no member of a manifest; "
            f"there are {', '.join(sorted(_MEMBERS))}.",
            file=str(path),
        )
    try:
        manifest = msgspec.convert(data, Manifest)
    except msgspec.ValidationError as error:
        raise BadModule(f"{path}: {error}", file=str(path)) from error
    try:
        check(manifest)
    except FairleadError as error:
        raise BadModule(f"{path}: {error.message}", file=str(path)) from error
    return manifest


_MEMBERS = frozenset(Manifest.__dataclass_fields__)
