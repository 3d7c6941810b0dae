"""Secrets of authenticators, sealed with a key that is not in the database."""

import base64
import os
import secrets
from pathlib import Path

from typing_extensions import override

from fairlead.services.identity.ports import Safe

KEY_BYTES = 32
NONCE_BYTES = 12


class FileSafe(Safe):
    """Keeps its key in a file of mode 0600; made at the first use."""

    def __init__(self, file: Path) -> None:
        """Use `file`, which need not exist yet."""
        self._file = file

    @override
    def seal(self, text: str, *, owner: str) -> str:
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415
            ChaCha20Poly1305,
        )

        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = ChaCha20Poly1305(self._key())
        data = nonce + cipher.encrypt(nonce, text.encode(), owner.encode())
        return base64.b64encode(data).decode()

    @override
    def open(self, sealed: str, *, owner: str) -> str | None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see seal
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415
            ChaCha20Poly1305,
        )

        data = base64.b64decode(sealed)
        nonce, rest = data[:NONCE_BYTES], data[NONCE_BYTES:]
        try:
            plain = ChaCha20Poly1305(self._key()).decrypt(nonce, rest, owner.encode())
        except InvalidTag:
            return None
        return plain.decode()

    def _key(self) -> bytes:
        try:
            return base64.b64decode(self._file.read_text("ascii"))
        except FileNotFoundError:
            self._make()
            return base64.b64decode(self._file.read_text("ascii"))

    def _make(self) -> None:
        """Make the key, whole or not at all; who comes second finds the first's."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._file.with_suffix(f".{secrets.token_hex(8)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(temporary, flags, 0o600), "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, self._file)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
