"""The port that makes a repeated request start its work once."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Principal

MAX_LENGTH = 200


class BadKey(FairleadError):
    """The idempotency key is too long or has characters that are not printable."""

    kind = ErrorKind.INVALID
    code = "idempotency.bad_key"


class KeyReused(FairleadError):
    """The idempotency key was used before with another body."""

    kind = ErrorKind.CONFLICT
    code = "idempotency.key_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """The `Idempotency-Key` of a request and a digest of what it asked for."""

    key: str
    digest: str

    def __post_init__(self) -> None:
        """Refuse what is no key.

        Raises:
            BadKey: `key` is empty, too long or not printable ASCII.
        """
        key = self.key
        if not 0 < len(key) <= MAX_LENGTH or not (key.isascii() and key.isprintable()):
            raise BadKey(f"Send a key of 1 to {MAX_LENGTH} printable characters.")


class IdempotencyKeys(Protocol):
    """Remembers which request key stands for which piece of work."""

    @abstractmethod
    async def claim(
        self, who: Principal, action: str, request: RequestKey, *, new: UUID
    ) -> UUID:
        """Return the id this key stands for: `new`, or the one claimed before.

        Call it inside the unit of work that creates the thing. Keys belong to one
        caller and one `action`.

        Raises:
            KeyReused: the key was claimed with another digest.
        """
