"""Letters, a mail server that is away, and a server that is killed meanwhile."""

import socket
from email import message_from_bytes
from email.message import Message
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
            for number in range(80):
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
