"""What PostgreSQL or the way to it refused."""

from collections.abc import Iterator

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from fairlead.adapters.sql.errors import DatabaseUnavailable
from fairlead.kernel.errors import ErrorKind, FairleadError


class ChangedMeanwhile(FairleadError):
    """Another unit of work was in the way; nothing was changed."""

    kind = ErrorKind.CONFLICT
    code = "sql.changed_meanwhile"


class ValueRefused(FairleadError):
    """A value is longer, larger or of other characters than the database can keep."""

    kind = ErrorKind.INVALID
    code = "sql.value_refused"


class BadDatabaseAddress(FairleadError):
    """The setting `database.url` is no address of a PostgreSQL database."""

    kind = ErrorKind.INVALID
    code = "sql.bad_address"


class DatabaseHeld(FairleadError):
    """Another server works on this database; the message names it."""

    kind = ErrorKind.UNAVAILABLE
    code = "sql.database_held"


class RoleSeesAll(FairleadError):
    """The role of the application would see every tenant's rows."""

    kind = ErrorKind.INVALID
    code = "sql.role_sees_all"


LOST = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)

_WRITE_OUTSIDE = "25006"
_IN_THE_WAY = frozenset({"40001", "40P01", "55P03"})
_REASONS = {
    "25006": "cannot be written (a standby?)",
    "28": "refused the log-in: check the role and its password",
    "3D": "does not exist: create it (docs/postgresql.md)",
    "42501": "refused: the role lacks a right (docs/postgresql.md)",
    "53100": "is on a full disk: free some space",
    "53300": "has no connection left: raise max_connections or lower database.pool",
    "57014": "took longer than database.statement_seconds for a statement",
    "57P": "is starting, stopping or was told to end the connection",
    "58": "cannot be read or written: check its disk",
    "08": "cannot be reached",
    "XX": "is damaged: see its log",
}


def refuses_write(error: BaseException) -> bool:
    """Tell whether a read-only transaction refused a statement."""
    return _state(error) == _WRITE_OUTSIDE


def lost(error: BaseException) -> bool:
    """Tell whether the connection is gone: nothing more can be said to the server."""
    state = _state(error) or ""
    if state.startswith(("08", "57P")):
        return True
    return any(isinstance(each, LOST) for each in _causes(error))


def translated(error: BaseException, place: str) -> FairleadError | None:
    """Return what to raise for `error` of the database at `place`; None: `error`.

    Knows errors of the driver and those SQLAlchemy wraps around them.
    """
    state = _state(error) or ""
    if state in _IN_THE_WAY:
        return ChangedMeanwhile("Another change was in the way; try again.")
    if state.startswith("22") or _unfit(error):
        return ValueRefused(
            "A value cannot be kept or compared: shorten or correct it."
        )
    for length in (5, 3, 2):
        reason = _REASONS.get(state[:length]) if len(state) >= length else None
        if reason is not None:
            return _unavailable(place, reason)
    if isinstance(error, PoolExhausted):
        return _unavailable(place, "is busy: all connections of the pool are in use")
    if lost(error) or getattr(error, "connection_invalidated", False):
        return _unavailable(place, "cannot be reached")
    return None


def _unavailable(place: str, reason: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(f"The database {place} {reason}.", database=place)


def _unfit(error: BaseException) -> bool:
    """Tell whether the driver could not even encode a value."""
    return any(isinstance(each, asyncpg.DataError) for each in _causes(error))


def _state(error: BaseException) -> str | None:
    for each in _causes(error):
        state = getattr(each, "sqlstate", None)
        if isinstance(state, str):
            return state
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.orig if isinstance(error, DBAPIError) else error.__cause__
