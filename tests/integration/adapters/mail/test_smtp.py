"""Letters to a real SMTP server."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fairlead.adapters.mail.settings import MailSettings
from fairlead.adapters.mail.smtp import AT_ONCE, SmtpMailer
from fairlead.kernel.mail import Letter, MailRefused, MailUnavailable
from fairlead.testing.fakes import FrozenClock

LETTER = Letter(id=UUID(int=7), to="ada@example.org", subject="Grüße", text="Eins: ä\n")


class Inbox:
    """Keeps what it is given; refuses two recipients."""

    def __init__(self) -> None:
        """Start empty."""
        self.letters: list[Message] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        answers = {"no@example.org": "550 no", "full@example.org": "452 full"}
        if address in answers:
            return answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content, policy=default))
        return "250 OK"


Serve = Callable[..., tuple[Inbox, int]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers on free ports and end them."""
    started: list[Controller] = []

    def start(**options: Any) -> tuple[Inbox, int]:
        inbox = Inbox()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
        controller.start()
        started.append(controller)
        return inbox, port

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a file with a key and a certificate for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


def mailer(port: int, **settings: Any) -> SmtpMailer:
    fields = {"security": "none", "host": "127.0.0.1"} | settings
    return SmtpMailer(
        MailSettings(transport="smtp", port=port, **fields), FrozenClock()
    )


async def test_a_letter_arrives_as_it_was_written(serve: Serve) -> None:
    """With umlauts, an id that stays, and a request not to answer."""
    inbox, port = serve()
    await mailer(port, sender="fairlead@example.org").send(LETTER)

    (got,) = inbox.letters
    assert got["To"] == "ada@example.org"
    assert got["From"] == "fairlead@example.org"
    assert got["Subject"] == "Grüße"
    assert got["Message-ID"] == f"<{LETTER.id}@example.org>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_content().replace("\r\n", "\n") == "Eins: ä\n"  # type: ignore[attr-defined]


async def test_a_refused_recipient_is_refused_for_good(serve: Serve) -> None:
    """A full mailbox is not."""
    _, port = serve()
    with pytest.raises(MailRefused):
        await mailer(port).send(
            Letter(id=LETTER.id, to="no@example.org", subject="x", text="y")
        )
    with pytest.raises(MailUnavailable):
        await mailer(port).send(
            Letter(id=LETTER.id, to="full@example.org", subject="x", text="y")
        )


async def test_without_a_server_the_letter_waits(serve: Serve) -> None:
    """The error names the server, and trying again later may help."""
    with pytest.raises(MailUnavailable, match=r"127\.0\.0\.1:9 "):
        await mailer(9).send(LETTER)


async def test_starttls_is_demanded_and_the_name_is_checked(
    serve: Serve, certificate: Path
) -> None:
    """Neither a server without it nor one nobody vouches for gets a word."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def accept(*_: object) -> AuthResult:
        return AuthResult(success=True)

    inbox, port = serve(
        tls_context=context,
        require_starttls=True,
        authenticator=accept,
        auth_required=True,
    )
    plain, plain_port = serve()
    trusting = {"security": "starttls", "ca_file": str(certificate)}
    await mailer(port, host="localhost", username="u", password="p", **trusting).send(
        LETTER
    )
    for refused in (
        mailer(port, security="starttls", host="localhost"),
        mailer(port, **trusting),
        mailer(plain_port, host="localhost", **trusting),
    ):
        with pytest.raises(MailUnavailable):
            await refused.send(LETTER)

    assert len(inbox.letters) == 1
    assert plain.letters == []


async def test_a_wrong_password_is_tried_again(serve: Serve, certificate: Path) -> None:
    """Somebody may be about to mend the settings; nothing is lost meanwhile."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def accept(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password == b"right", handled=False)

    inbox, port = serve(tls_context=context, authenticator=accept, auth_required=True)
    known = {"host": "localhost", "security": "starttls", "ca_file": str(certificate)}
    with pytest.raises(MailUnavailable):
        await mailer(port, username="u", password="wrong", **known).send(LETTER)
    await mailer(port, username="u", password="right", **known).send(LETTER)

    assert len(inbox.letters) == 1


async def test_a_silent_server_keeps_few_waiting() -> None:
    """All others are told at once to come back, and are free for other work."""
    open_ones: list[asyncio.StreamWriter] = []

    async def say_nothing(
        _: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        open_ones.append(writer)

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = mailer(port)
    sent = [asyncio.create_task(sender.send(LETTER)) for _ in range(30)]
    done, waiting = await asyncio.wait(sent, timeout=1)

    assert len(waiting) == AT_ONCE
    assert all(isinstance(each.exception(), MailUnavailable) for each in done)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for writer in open_ones:
        writer.close()
    server.close()
    with pytest.raises(MailUnavailable, match="cannot be used"):
        await sender.send(LETTER)


@pytest.mark.parametrize(
    "address", ["<b@example.org>, c@example.org", "b@example.org\r\nBcc: c@example.org"]
)
async def test_nothing_in_a_letter_adds_a_recipient(serve: Serve, address: str) -> None:
    """An address in another spelling than ours sends nothing to anybody."""
    inbox, port = serve()
    letter = Letter(id=LETTER.id, to=address, subject="x", text="y")
    with pytest.raises(MailRefused):
        await mailer(port).send(letter)

    assert inbox.letters == []
