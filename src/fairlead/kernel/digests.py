"""The port by which modules tell what happened in a span of time."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Protocol


class DigestSource(Protocol):
    """Tells one part of the weekly digest, for one tenant."""

    title: ClassVar[str]

    @abstractmethod
    async def lines(self, *, since: datetime, until: datetime) -> Sequence[str]:
        """Return what is worth telling, a line each; empty: nothing happened."""
