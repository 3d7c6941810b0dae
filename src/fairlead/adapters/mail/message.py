"""A letter as the bytes that travel (RFC 5322)."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from fairlead.kernel.mail import Letter


def message(letter: Letter, *, sender: str, at: datetime) -> EmailMessage:
    """Return the message; machines are asked not to answer it (RFC 3834)."""
    made = EmailMessage()
    made["From"] = sender
    made["To"] = letter.to
    made["Subject"] = letter.subject
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.text, cte="quoted-printable")
    return made
