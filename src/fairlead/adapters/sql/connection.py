"""What stores and units of work need of a database, whichever it is."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import CursorResult, Executable

Rows = CursorResult[*tuple[Any, ...]]
Parameters = Mapping[str, Any]


def require_read(statement: Executable) -> None:
    """Refuse a statement that writes, where no unit of work is open.

    Raises:
        ValueError: it writes; of text, only the database can tell.
    """
    if getattr(statement, "is_dml", False):
        raise ValueError("a write outside a unit of work")


class Connection(Protocol):
    """Executes statements; one instance belongs to one request or piece of work.

    Results are buffered: `.mappings()`, `.scalar()`, `.first()`, `.rowcount` and so on
    work at once and hold nothing open. Statements inside a unit of work see its own
    changes; others see what is committed.
    """

    @property
    @abstractmethod
    def working(self) -> bool:
        """Whether a unit of work is open on this connection."""

    @abstractmethod
    async def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Rows:
        """Execute one short statement.

        Raises:
            ValueError: it writes, and no unit of work is open (a bug).
            DatabaseUnavailable: the database cannot be used now.
            ChangedMeanwhile: another unit of work was in the way (PostgreSQL).
            sqlalchemy.exc.IntegrityError: a constraint was violated; the unit of work
                is as it was before the statement and may go on.
        """

    @abstractmethod
    async def execute_many(
        self, statement: Executable, parameters: Sequence[Parameters]
    ) -> Rows:
        """Execute a writing statement once per entry; `.rowcount` says nothing.

        Raises: as `execute` does.
        """

    @abstractmethod
    async def execute_long(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Rows:
        """Execute a read that may take long (an export, a report) beside the loop.

        Raises: as `execute` does.
        """

    @abstractmethod
    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the open unit of work is durable; never if it is not.

        Raises:
            ValueError: no unit of work is open.
        """

    @abstractmethod
    async def begin(self) -> None:
        """Open a unit of work; waits for its turn. For `SqlUnitOfWork`.

        Raises:
            ValueError: one is open already.
            DatabaseUnavailable: the database cannot be used now.
        """

    @abstractmethod
    async def commit(self) -> None:
        """Close the unit of work and return once it is durable.

        Cancelled while it waits, the change may become durable all the same.

        Raises:
            DatabaseUnavailable: it could not be made durable and is undone.
        """

    @abstractmethod
    def rollback(self) -> None:
        """Close the unit of work and undo it; never raises."""
