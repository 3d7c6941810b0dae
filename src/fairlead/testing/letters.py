"""What servers under test write to people, as files."""

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from fairlead.testing.server import eventually

_TOKEN = re.compile(r"\?token=(\S{43})")


def token_of(home: Path, subject: str, *, to: str) -> str:
    """Wait for the letter and return the token of the last such one.

    Raises:
        AssertionError: none came.
    """

    def arrived() -> list[str]:
        found: list[str] = []
        files = (home / "mail").glob("[!.]*.eml")  # a dot: not whole yet
        for file in sorted(files, key=lambda each: each.stat().st_mtime_ns):
            letter = message_from_bytes(file.read_bytes(), policy=default)
            if letter["Subject"] == subject and letter["To"] == to:
                found += _TOKEN.findall(letter.get_content())
        return found

    return eventually(arrived, f"the letter '{subject}'")[-1]
