"""A letter as the bytes that travel (RFC 5322)."""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from fairlead.kernel.mail import Letter, MailRefused


def message(letter: Letter, *, sender: str, at: datetime) -> EmailMessage:
    """Return the message; machines are asked not to answer it (RFC 3834).

    Raises:
        MailRefused: what it goes to is not one address.
    """
    made = EmailMessage()
    made["From"] = sender
    made["To"] = _one(letter.to)
    made["Subject"] = letter.subject
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.text, cte="quoted-printable")
    return made


def _one(text: str) -> Address:
    try:
        return Address(addr_spec=text)
    except (MessageError, ValueError, IndexError) as error:
        raise MailRefused("The letter goes to what is no address.") from error
