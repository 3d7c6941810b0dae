"""The port that makes a repeated request start its work once."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Principal


class KeyReused(FairleadError):
    """The idempotency key was used before with another body."""

    kind = ErrorKind.CONFLICT
    code = "idempotency.key_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """The `Idempotency-Key` of a request and a digest of what it asked for."""

    key: str
    digest: str


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
