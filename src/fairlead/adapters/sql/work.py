"""A unit of work over one connection."""

from types import TracebackType
from typing import Self

from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.kernel.work import UnitOfWork


class SqlUnitOfWork(UnitOfWork):
    """Commits or rolls back what happens on its connection.

    It may be entered again after it was left; entering it inside itself is a bug and
    raises ValueError. Nothing but statements belongs inside: it keeps others waiting.
    """

    def __init__(self, connection: Connection) -> None:
        """Work on `connection`."""
        self._connection = connection

    @override
    async def __aenter__(self) -> Self:
        await self._connection.begin()
        return self

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            await self._connection.commit()
        else:
            self._connection.rollback()
