"""A unit of work over one connection."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Self

from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.kernel.work import Together, UnitOfWork


class SqlUnitOfWork(UnitOfWork):
    """Commits or rolls back what happens on its connection.

    It may be entered again after it was left; entering it inside itself is a bug and
    raises ValueError. Nothing but statements belongs inside: it keeps others waiting.
    """

    def __init__(self, connection: Connection) -> None:
        """Work on `connection`."""
        self._connection = connection
        self._joined = False

    @override
    async def __aenter__(self) -> Self:
        if not self._joined:
            await self._connection.begin()
        return self

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._joined:
            return
        if error is None:
            await self._connection.commit()
        else:
            self._connection.rollback()

    @asynccontextmanager
    async def join(self, *, keep: bool) -> AsyncIterator[None]:
        """Open the unit that others join until it ends; `keep` it, or undo it."""
        await self._connection.begin()
        self._joined = True
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        else:
            if keep:
                await self._connection.commit()
            else:
                self._connection.rollback()
        finally:
            self._joined = False


class SqlTogether(Together):
    """Has the units of one scope join a first one."""

    def __init__(self, work: SqlUnitOfWork) -> None:
        """Join those of `work`."""
        self._work = work

    @override
    def __call__(self, *, keep: bool = True) -> AbstractAsyncContextManager[None]:
        return self._work.join(keep=keep)
