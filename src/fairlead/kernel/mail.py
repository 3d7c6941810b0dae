"""The port for letters to people."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError


class MailUnavailable(FairleadError):
    """The letter could not be handed over now; it can be later."""

    kind = ErrorKind.UNAVAILABLE
    code = "mail.unavailable"


class MailRefused(FairleadError):
    """The letter, its sender or its recipient was refused for good."""

    kind = ErrorKind.CONFLICT
    code = "mail.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Plain text to one person.

    Attributes:
        id: The same at every attempt to send it, so that copies can be told.
        to: An address in its one spelling, see `identity`.
        subject: One line.
    """

    id: UUID
    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Hands letters over; send from a subscriber, so that a failure is tried again."""

    @abstractmethod
    async def send(self, letter: Letter) -> None:
        """Hand the letter over durably, within 30 seconds.

        Raises:
            MailUnavailable: try again later.
            MailRefused: trying again would not help.
        """
