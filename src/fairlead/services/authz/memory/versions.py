"""The version of a tenant's rights in memory, for tests."""

from collections.abc import Callable

from typing_extensions import override

from fairlead.services.authz.ports import VersionStore


class MemoryVersionStore(VersionStore):
    """Counts the changes of one tenant; every unit of work is durable at once."""

    def __init__(self) -> None:
        """Start at version 0."""
        self.version = 0

    @override
    async def current(self) -> int:
        return self.version

    @override
    async def bump(self, then: Callable[[int], None]) -> int:
        self.version += 1
        then(self.version)
        return self.version
