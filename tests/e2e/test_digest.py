"""The week's digest reaches an administrator whose address is verified."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path

from tests.e2e.test_accounts import token_of

from fairlead.testing.server import TestServer, eventually, test_server


def letters(server: TestServer, subject: str) -> list[tuple[str, str]]:
    """Return to whom letters of a subject went, and their text."""
    found = []
    for file in sorted((server.home / "mail").glob("*.eml")):
        letter = message_from_bytes(file.read_bytes(), policy=default)
        if letter["Subject"] == subject:
            found.append((str(letter["To"]), str(letter.get_content())))
    return found


def test_the_digest_is_mailed_to_administrators(tmp_path: Path) -> None:
    """Once to each with a verified address, as a step of the operation."""
    with test_server(tmp_path) as server:
        server.log_in()
        for name in ("mia", "tom"):
            person = (name, "--email", f"{name}@example.org", "--password-stdin")
            made = server.run(
                "users", "create", *person, stdin="four words make sense\n"
            )
            assert made.exit_code == 0, made.err
            if name == "mia":  # the other one's address stays unverified
                token = token_of(server, "Verify your email address")
                assert server.run("account", "verify", token).exit_code == 0
            assert server.run("roles", "bind", name, "admin").exit_code == 0
        assert server.run("schedules", "run", "operations.digest").exit_code == 0

        last = eventually(lambda: ended(server), "the digest is written")
        output = server.run("operations", "logs", last["operation_id"]).out
        shown = server.data("operations", "show", last["operation_id"])
        ((to, text),) = letters(server, "Fairlead: the week")

    assert shown["state"] == "succeeded", shown
    assert shown["result"]["mailed"] == {"mia": "sent"}
    assert "mailed to mia" in output
    assert to == "mia@example.org"
    for line in ("New users", "  tom", "fairlead schedules pause operations.digest"):
        assert line in text


def ended(server: TestServer) -> dict[str, str] | None:
    """Return the digest's last run, once it has ended."""
    last: dict[str, str] = server.data("schedules", "show", "operations.digest")["last"]
    return last if last["state"] not in {"queued", "running"} else None
