"""What is known of each start, one small file per key, kept until forgotten."""

import binascii
import json
import re
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

_PLAIN = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 200


class Receipts:
    """Files of JSON in one folder; a file without `exit_code` stands for a process
    that was running when it was written.
    """  # noqa: D205 - one sentence

    def __init__(self, folder: Path) -> None:
        """Keep them in `folder`, made if need be."""
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)

    def read(self, key: str) -> Facts | None:
        """Return what is known of `key`; None: nothing."""
        facts = _read(self._file(key))
        return facts if facts and facts["key"] == key else None

    def write(self, facts: Facts) -> None:
        """Replace what is known of `facts["key"]`, at once or not at all.

        Raises:
            OSError: it could not be written.
        """
        file = self._file(facts["key"])
        half = file.with_suffix(".half")
        half.write_text(json.dumps(facts))
        half.replace(file)

    def drop(self, key: str) -> None:
        """Forget `key`."""
        self._file(key).unlink(missing_ok=True)

    def unfinished(self) -> list[Facts]:
        """Return what was written for processes whose end nobody recorded."""
        every = (_read(file) for file in self._folder.glob("*.json"))
        return [facts for facts in every if facts and "exit_code" not in facts]

    def _file(self, key: str) -> Path:
        return self._folder / f"{_name(key)}.json"


def _name(key: str) -> str:
    """Return a file name that only this key has; hashlib would cost 4 MB here."""
    name = _PLAIN.sub(lambda match: f"%{ord(match[0]):x}.", key)
    if len(name) <= _LONGEST:
        return name
    check = binascii.crc32(key.encode("utf-8", "surrogatepass"))
    return f"{name[:_LONGEST]}~{check:08x}"


def _read(file: Path) -> Facts | None:
    try:
        facts = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) and "key" in facts else None
