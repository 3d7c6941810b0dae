"""The seal of the newest entry, by which a trail that was cut off is told."""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from typing_extensions import override

from fairlead.kernel.principal import TenantId
from fairlead.services.audit.domain.chain import Seal
from fairlead.services.audit.domain.entries import Head
from fairlead.services.audit.ports import Sealer

FILE = "audit.key"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeySealer(Sealer):
    """Seals with a key that lies apart from the database."""

    key: bytes
    fresh: bool = False

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Use the key in `folder`, made with mode 0600 where there is none.

        Raises:
            OSError: it can be neither read nor made.
        """
        path = folder / FILE
        with suppress(FileNotFoundError):
            return cls(bytes.fromhex(path.read_text("ascii").strip()))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = secrets.token_bytes(KEY_BYTES)
        half = path.with_suffix(".new")
        half.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(half, flags, 0o600), "w") as file:
            file.write(f"{key.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
        half.rename(path)
        return cls(key, fresh=True)

    @override
    def seal(self, head: Head, tenant: TenantId) -> Seal:
        return Seal(head.sequence, head.digest, self._mac(head, tenant))

    @override
    def fits(self, seal: Seal, tenant: TenantId) -> bool:
        head = Head(seal.sequence, seal.digest)
        return hmac.compare_digest(seal.mac, self._mac(head, tenant))

    def _mac(self, head: Head, tenant: TenantId) -> str:
        text = f"{tenant}\n{head.sequence}\n{head.digest}"
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
