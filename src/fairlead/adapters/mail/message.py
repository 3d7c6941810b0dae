"""A letter as the bytes that travel (RFC 5322)."""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from fairlead.kernel.mail import Letter, MailRefused

LONGEST_LINE = 998  # RFC 5322


def message(
    letter: Letter, *, sender: str, at: datetime, plain: bool = False
) -> EmailMessage:
    """Return the message; machines are asked not to answer it (RFC 3834).

    With `plain` its text stands in it as it is, where that is possible, so that people
    can copy a token from the file.

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
    lines = letter.text.splitlines()
    plain = plain and letter.text.isascii()
    plain = plain and all(len(line) <= LONGEST_LINE for line in lines)
    made.set_content(letter.text, cte="7bit" if plain else "quoted-printable")
    return made


def _one(text: str) -> Address:
    try:
        return Address(addr_spec=text)
    except (MessageError, ValueError, IndexError) as error:
        raise MailRefused("The letter goes to what is no address.") from error
