"""Accounts of people, against a running server that writes its letters to files."""

import json
import re
import time
from dataclasses import replace
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
        for file in (server.home / "mail").glob("[!.]*.eml"):
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


def test_people_look_after_their_own_account(
    server: TestServer, other: TestServer
) -> None:
    """Preferences, address and password, each with what it needs."""
    make = ("users", "create", "noa", "--email", "noa@example.org", "--password-stdin")
    assert server.run(*make, stdin=f"{FIRST}\n").exit_code == 0
    assert server.data("users", "show", "NOA@example.org")["name"] == "noa"
    assert server.run("users", "show", "nobody@example.org").exit_code == 3
    login = ("login", "--username", "noa", "--password-stdin")
    other.run(*login, stdin=f"{FIRST}\n")

    changed = other.run("account", "update", "--locale", "de-CH", "--time-zone", "UTC")
    assert changed.exit_code == 0, changed.err
    shown = other.data("account", "show")
    assert (shown["locale"], shown["time_zone"]) == ("de-CH", "UTC")
    move = ("account", "update", "--email", "new@example.org", "--password-stdin")
    assert other.run(*move, stdin="a wrong one\n").exit_code == 4
    assert other.run(*move, stdin=f"{FIRST}\n").exit_code == 0
    assert other.data("account", "show")["email"] == "new@example.org"

    change = ("account", "set-password", "--password-stdin")
    assert other.run(*change, stdin=f"a wrong one\n{NEXT}\n").exit_code == 4
    assert other.run(*change, stdin=f"{FIRST}\ntoo short\n").exit_code == 2
    assert other.run(*change, stdin=f"{FIRST}\n{NEXT}\n").exit_code == 0
    assert other.run("whoami").exit_code == 0
    assert other.run(*login, stdin=f"{FIRST}\n").exit_code == 4
    assert other.run(*login, stdin=f"{NEXT}\n").exit_code == 0


def test_others_are_asked_whose_a_token_is(
    server: TestServer, other: TestServer
) -> None:
    """By whoever may; of what is no good nothing is told."""
    made = server.run("keys", "create", "asked", "--scope", "identity.user.read")
    secret = made.out.strip()
    told = server.run("auth", "introspect", "--output", "json", stdin=f"{secret}\n")
    assert told.exit_code == 0, told.err
    assert told.json()["username"] == "admin/asked"
    assert told.json()["scope"] == "identity.user.read"
    gone = server.run("auth", "introspect", "--output", "json", stdin="a.b.c\n")
    assert gone.exit_code == 1
    assert gone.json() == {"active": False}
    assert other.run("auth", "introspect", stdin=f"{secret}\n").exit_code == 4


def test_who_looks_after_users_becomes_no_administrator(
    server: TestServer, other: TestServer
) -> None:
    """Setting a password is logging in: it takes the rights of the one it is of."""
    make = ("users", "create", "--password-stdin")
    assert server.run(*make, "guest", stdin=f"{FIRST}\n").exit_code == 0
    rights = ("identity.user.update", "identity.user.read")
    allowed = [part for each in rights for part in ("--permission", each)]
    scopes = [part for each in rights for part in ("--scope", each)]
    for arguments in (
        ("roles", "create", "help", *allowed),
        ("users", "create", "desk", "--service"),
        ("roles", "bind", "desk", "help"),
    ):
        assert server.run(*arguments).exit_code == 0, arguments
    key = server.run("keys", "create", "ours", "--user", "desk", *scopes).out.strip()
    desk = replace(other, settings={"FAIRLEAD_TOKEN": key})
    set_password = ("users", "set-password", "--password-stdin")
    refused = desk.run(*set_password, "admin", stdin=f"{NEXT}\n")
    assert refused.exit_code == 4
    assert "may do what you may not" in refused.err
    assert desk.run(*set_password, "guest", stdin=f"{NEXT}\n").exit_code == 0
    for arguments in (
        ("users", "remove-second-factor", "admin"),
        ("users", "update", "admin", "--email", "evil@example.org"),
    ):
        assert desk.run(*arguments).exit_code == 4, arguments
    assert desk.run("users", "update", "admin", "--locale", "de").exit_code == 0
