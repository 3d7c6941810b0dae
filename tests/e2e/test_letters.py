"""Letters, a mail server that is away, and a server that is killed meanwhile."""

import json
import re
import socket
from contextlib import closing
from email import message_from_bytes
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from fairlead.testing.people import Person
from fairlead.testing.server import eventually, test_server


class Inbox:
    """Keeps what it is given."""

    def __init__(self) -> None:
        """Start empty."""
        self.letters: list[Message] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content))
        return "250 OK"


def over_smtp(port: int) -> dict[str, str]:
    """Return settings with which letters leave by that port of this machine."""
    return {
        "FAIRLEAD_MAIL__TRANSPORT": "smtp",
        "FAIRLEAD_MAIL__HOST": "127.0.0.1",
        "FAIRLEAD_MAIL__PORT": str(port),
        "FAIRLEAD_MAIL__SECURITY": "none",
    }


def test_no_letter_is_lost(tmp_path: Path) -> None:
    """It waits for the mail server, also when ours dies before that is there."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    inbox = Inbox()
    with test_server(tmp_path, **over_smtp(port)) as server:
        server.log_in()
        person = ("mia", "--email", "mia@example.org", "--password-stdin")
        made = server.run("users", "create", *person, stdin="four words make sense\n")
        assert made.exit_code == 0, made.err
        server.kill()
        controller = Controller(inbox, hostname="127.0.0.1", port=port)
        controller.start()
        try:
            server.start()
            eventually(lambda: bool(inbox.letters), "the letter")
        finally:
            controller.stop()

    assert inbox.letters[0]["To"] == "mia@example.org"
    assert inbox.letters[0]["Subject"] == "Verify your email address"


def test_a_silent_mail_server_holds_up_nothing(tmp_path: Path) -> None:
    """Neither those who ask for letters, nor the end of a shut-out user's session."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as silent:
        port = int(silent.getsockname()[1])
        with test_server(tmp_path, **over_smtp(port)) as server:
            admin = Person(server.port, "admin").log_in()
            bob = {"name": "bob", "password": "four words make sense"}
            assert admin.call("POST", "/api/v1/users", bob).status == 201
            guest = Person(server.port, "bob", bob["password"]).log_in()
            for number in range(70):
                body = {
                    "name": f"robot{number}",
                    "email": f"robot{number}@example.org",
                    "service": True,
                }
                assert admin.call("POST", "/api/v1/users", body).status == 201
            ask = {"email": "robot1@example.org"}
            nobody = Person(server.port)
            asked = nobody.call("POST", "/api/v1/account/ask-reset", ask)
            assert asked.status == 204
            assert admin.call("POST", "/api/v1/users/bob/disable").status == 200

            eventually(
                lambda: guest.call("GET", "/api/v1/me").status == 401,
                "the end of the session",
                seconds=15,  # shorter than a letter waits for the mail server
            )


def test_a_login_from_a_new_place_is_told(tmp_path: Path) -> None:
    """Once for each, to an address that is verified; an IPv6 network is one place."""
    proxies = {"FAIRLEAD_HTTP__TRUSTED_PROXIES": '["127.0.0.1"]'}
    with test_server(tmp_path, **proxies) as server:
        server.log_in()
        person = ("mia", "--email", "mia@example.org", "--password-stdin")
        made = server.run("users", "create", *person, stdin="four words make sense\n")
        assert made.exit_code == 0, made.err

        def letters(subject: str) -> list[str]:
            found = [
                message_from_bytes(file.read_bytes())
                for file in (server.home / "mail").glob("*.eml")
            ]
            texts = [
                (str(each["Subject"]), each.get_payload(decode=True)) for each in found
            ]
            return [
                text.decode()
                for known, text in texts
                if known == subject and isinstance(text, bytes)
            ]

        verify = "Verify your email address"
        [text] = eventually(lambda: letters(verify), "a letter")
        token = re.search(r"[\w-]{43}", text)
        assert token is not None
        nobody = Person(server.port)
        body = {"token": token[0]}
        assert nobody.call("POST", "/api/v1/account/verify", body).status == 204
        for address in ("198.51.100.7", "2001:db8::1", "2001:db8::2", "198.51.100.7"):
            assert log_in_from(server.port, address) == 200
        subject = "New login"
        told = eventually(lambda: both(letters(subject)), "two letters")

        assert sum("198.51.100.7" in each for each in told) == 1
        assert sum("2001:db8::1" in each for each in told) == 1


def both(found: list[str]) -> list[str]:
    return found if len(found) > 1 else []


def log_in_from(port: int, address: str) -> int:
    body = {"username": "mia", "password": "four words make sense"}
    headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", "/api/v1/auth/login", json.dumps(body), headers)
        return connection.getresponse().status
