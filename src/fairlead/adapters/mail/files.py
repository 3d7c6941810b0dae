"""Letters as files, for development and for tests."""

import asyncio
import os
from email.policy import SMTP
from pathlib import Path

from typing_extensions import override

from fairlead.adapters.mail.message import message
from fairlead.kernel.clock import Clock
from fairlead.kernel.mail import Letter, Mailer, MailUnavailable


class FileMailer(Mailer):
    """Writes one `.eml` file per letter, mode 0600, in a folder of mode 0700.

    Its text is not encoded, so that links and tokens can be copied. A
    second attempt replaces the file of the first.
    """

    def __init__(self, folder: Path, clock: Clock, *, sender: str) -> None:
        """Use `folder`, which need not exist yet."""
        self._folder = folder
        self._clock = clock
        self._sender = sender

    @override
    async def send(self, letter: Letter) -> None:
        made = message(letter, sender=self._sender, at=self._clock.now(), plain=True)
        try:
            await asyncio.to_thread(
                self._write, f"{letter.id}.eml", made.as_bytes(policy=SMTP)
            )
        except OSError as error:
            raise MailUnavailable(
                f"The letter could not be written to {self._folder}: {error.strerror}."
            ) from error

    def _write(self, name: str, data: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._folder / f".{name}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self._folder / name)
