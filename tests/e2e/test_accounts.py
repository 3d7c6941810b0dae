"""Accounts of people, against a running server that writes its letters to files."""

import json
import re
import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from fairlead.services.identity.domain import code_at
from fairlead.testing.server import TestServer, eventually

FIRST = "four words make sense"
NEXT = "another good password"


def token_of(server: TestServer, subject: str) -> str:
    """Wait for the letter and return the token in it."""
    found: list[str] = []

    def arrived() -> bool:
        for file in (server.home / "mail").glob("*.eml"):
            letter = message_from_bytes(file.read_bytes(), policy=default)
            if letter["Subject"] == subject:
                text = letter.get_content()
                found.extend(re.findall(r"--url \S+ (\S{43})", text))
        return bool(found)

    eventually(arrived, f"the letter '{subject}'")
    return found[0]


@pytest.fixture
def other(server: TestServer, tmp_path: Path) -> TestServer:
    """Return the same server as somebody with a folder of their own sees it."""
    return TestServer(folder=tmp_path, url=server.url, port=server.port)


def test_an_address_is_verified_and_a_password_reset(
    server: TestServer, other: TestServer
) -> None:
    """From the letters, by somebody who is not logged in; then the user is removed."""
    server.run(
        "users",
        "create",
        "mia",
        "--email",
        "Mia@Example.org",
        "--password-stdin",
        stdin=f"{FIRST}\n",
    )
    other.run("account", "verify", token_of(server, "Verify your email address"))
    shown = server.data("users", "show", "mia")
    assert (shown["email"], shown["email_verified"]) == ("mia@example.org", True)

    unknown = other.run("account", "ask-reset", "nobody@example.org")
    known = other.run("account", "ask-reset", "mia@example.org")
    assert (unknown.exit_code, unknown.err) == (known.exit_code, known.err)
    token = token_of(server, "Set a new password")
    other.run("account", "reset", token, "--password-stdin", stdin=f"{NEXT}\n")
    login = ("login", "--username", "mia", "--password-stdin")
    assert other.run(*login, stdin=f"{FIRST}\n").exit_code == 4
    assert other.run(*login, stdin=f"{NEXT}\n").exit_code == 0

    stdin = f"{NEXT}\n"
    made = json.loads(
        other.run(
            *("account", "second-factor", "begin", "--password-stdin"),
            *("--output", "json"),
            stdin=stdin,
        ).out
    )
    code = code_at(made["secret"], int(time.time()) // 30)
    confirmed = other.run("account", "second-factor", "confirm", code)
    recovery = confirmed.out.split()
    assert len(recovery) == 10
    asked = other.run(*login, stdin=stdin)
    assert (asked.exit_code, "authenticator" in asked.err) == (4, True)
    assert other.run(*login, "--code", code, stdin=stdin).exit_code == 4
    assert other.run(*login, "--code", recovery[0], stdin=stdin).exit_code == 0
    assert other.data("account", "show")["recovery_codes_left"] == 9

    server.run("users", "delete", "mia", "--yes")
    assert server.run("users", "show", "mia").exit_code == 3
    eventually(lambda: other.run("whoami").exit_code == 4, "the end of the session")
