"""What a log-in carries from the password to the code of the second factor.

Nothing is kept of it: the page carries name and password, sealed so that only this
process, asked by the same browser within five minutes, opens them.
"""

import base64
import binascii
import secrets
from datetime import datetime, timedelta

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from fairlead.kernel.clock import Clock

WITHIN = timedelta(minutes=5)
NONCE_BYTES = 12
KEY_BYTES = 32


class FirstStep(msgspec.Struct, frozen=True):
    """What the first page was given."""

    name: str
    password: str
    until: datetime


class FirstSteps:
    """Seals and opens; its key ends with the process."""

    def __init__(self, clock: Clock) -> None:
        """Take a key of its own."""
        self._clock = clock
        self._cipher = ChaCha20Poly1305(secrets.token_bytes(KEY_BYTES))

    def seal(self, name: str, password: str, *, agent: str) -> str:
        """Return both for the page that asks for the code."""
        step = FirstStep(name, password, self._clock.now() + WITHIN)
        nonce = secrets.token_bytes(NONCE_BYTES)
        data = msgspec.json.encode(step)
        sealed = self._cipher.encrypt(nonce, data, agent.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, text: str, *, agent: str) -> FirstStep | None:
        """Return what was sealed; None: another's, changed, or too old."""
        try:
            data = base64.urlsafe_b64decode(text.encode())
            nonce, sealed = data[:NONCE_BYTES], data[NONCE_BYTES:]
            plain = self._cipher.decrypt(nonce, sealed, agent.encode())
        except (InvalidTag, binascii.Error, ValueError):
            return None
        step = msgspec.json.decode(plain, type=FirstStep)
        return step if self._clock.now() < step.until else None
