"""Files the pages need, under addresses that change with their content."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file, ready to send; `packed` is its gzip form."""

    data: bytes
    packed: bytes
    digest: str
    media_type: str


class Assets:
    """The files of one folder, each read once, when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        """Serve the files of `folder`."""
        self._folder = folder.resolve()
        self._known: dict[str, Asset] = {}

    def get(self, name: str) -> Asset | None:
        """Return a file by its path in the folder; None: there is none to serve."""
        known = self._known.get(name)
        if known is not None:
            return known
        path = (self._folder / name).resolve()
        kind = TYPES.get(path.suffix)
        if kind is None or not path.is_relative_to(self._folder) or not path.is_file():
            return None
        data = path.read_bytes()
        asset = Asset(
            data=data,
            packed=gzip.compress(data, mtime=0),
            digest=hashlib.sha256(data).hexdigest()[:16],
            media_type=kind,
        )
        self._known[name] = asset
        return asset

    def url(self, name: str) -> str:
        """Return the address of a file, which holds its digest.

        Raises:
            LookupError: there is no such file.
        """
        asset = self.get(name)
        if asset is None:
            raise LookupError(f"no asset {name}")
        return f"/assets/{asset.digest}/{name}"
