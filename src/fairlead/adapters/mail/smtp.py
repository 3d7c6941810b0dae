"""Letters over SMTP (RFC 5321), with aiosmtplib, which is imported at the first one."""

from email.message import EmailMessage

from typing_extensions import override

from fairlead.adapters.mail.message import message
from fairlead.adapters.mail.settings import MailSettings
from fairlead.kernel.clock import Clock
from fairlead.kernel.mail import Letter, Mailer, MailRefused, MailUnavailable

SECONDS = 25.0
PERMANENT = 500
AT_ONCE = 8


class SmtpMailer(Mailer):
    """Opens a connection for each letter; there are few.

    So many go at once. Others wait outside: behind a server that says nothing they
    would keep those from their work who hand over other things than letters.
    """

    def __init__(self, settings: MailSettings, clock: Clock) -> None:
        """Send by the server the settings name."""
        self._settings = settings
        self._clock = clock
        self._going = 0

    @override
    async def send(self, letter: Letter) -> None:
        from aiosmtplib import (  # noqa: PLC0415 - an extra
            SMTPAuthenticationError,
            SMTPException,
            SMTPRecipientsRefused,
            SMTPResponseException,
        )

        if self._going >= AT_ONCE:
            raise MailUnavailable("Other letters are being handed over now.")
        made = message(letter, sender=self._settings.sender, at=self._clock.now())
        self._going += 1
        try:
            await self._hand_over(made)
        except SMTPRecipientsRefused as error:
            refusals = error.recipients
            raise _failed(min(each.code for each in refusals), "recipient") from error
        except SMTPAuthenticationError as error:
            raise _failed(0, "user name or password") from error
        except SMTPResponseException as error:
            raise _failed(error.code, "letter") from error
        except (SMTPException, OSError, ValueError) as error:
            host, port = self._settings.host, self._settings.port
            raise MailUnavailable(
                f"The mail server {host}:{port} cannot be used: {type(error).__name__}."
            ) from error
        finally:
            self._going -= 1

    async def _hand_over(self, made: EmailMessage) -> None:
        from aiosmtplib import send  # noqa: PLC0415 - an extra

        settings = self._settings
        await send(
            made,
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            username=settings.username or None,
            password=settings.password or None,
            cert_bundle=settings.ca_file or None,
            timeout=SECONDS,
        )


def _failed(code: int, what: str) -> MailRefused | MailUnavailable:
    text = f"The mail server refused the {what} ({code})."
    return MailRefused(text) if code >= PERMANENT else MailUnavailable(text)
