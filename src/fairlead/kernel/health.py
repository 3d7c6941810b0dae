"""What tells whether a part can do its work."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The state of one part; `detail` is one sentence without secrets."""

    name: str
    ok: bool
    detail: str = ""


class HealthCheck(Protocol):
    """Checks one part, quickly (well under a second), without changing anything."""

    @abstractmethod
    async def check(self) -> Health:
        """Return the state now; never raises."""
