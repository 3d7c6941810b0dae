"""Gives the platform its mailer."""

from dataclasses import dataclass
from importlib.util import find_spec

from dishka import Provider, Scope, provide

from fairlead.adapters.mail.files import FileMailer
from fairlead.adapters.mail.settings import MailSettings
from fairlead.adapters.settings.home import Home
from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.mail import Mailer


class ExtraMissing(FairleadError):
    """The settings ask for SMTP, which is not installed."""

    kind = ErrorKind.INVALID
    code = "mail.extra_missing"


@dataclass(frozen=True, slots=True)
class MailReady:
    """Has the server refuse to start when the mailer cannot be made."""

    mailer: Mailer

    async def open(self) -> None:
        """Find that it can."""

    async def close(self) -> None:
        """Leave everything as it is."""


class MailProvider(Provider):
    """The mailer that the settings choose."""

    scope = Scope.APP
    ready = provide(MailReady)

    @provide
    def mailer(self, settings: MailSettings, home: Home, clock: Clock) -> Mailer:
        """Write files, or talk to a server.

        Raises:
            ExtraMissing: the extra `mail` is not installed.
        """
        if settings.transport == "files":
            return FileMailer(home.path / "mail", clock, sender=settings.sender)
        if find_spec("aiosmtplib") is None:
            raise ExtraMissing("Install what SMTP needs: pip install 'fairlead[mail]'")
        from fairlead.adapters.mail.smtp import SmtpMailer  # noqa: PLC0415 - an extra

        return SmtpMailer(settings, clock)
