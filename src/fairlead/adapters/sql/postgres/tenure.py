"""One server per database: a lock that the database lets go of when its holder dies."""

import asyncio
import contextlib
import os
import socket
from typing import Any, Final

import asyncpg
import structlog

from fairlead.adapters.sql.errors import DatabaseUnavailable
from fairlead.adapters.sql.postgres.errors import DatabaseHeld
from fairlead.adapters.sql.postgres.place import Place
from fairlead.adapters.sql.postgres.pool import FAILURES
from fairlead.kernel.errors import FairleadError

PATIENCE_SECONDS: Final = 3.0  # for one that was killed a moment ago
LOOK_SECONDS: Final = 0.25
RETRY_SECONDS: Final = 0.2
BREAK_SECONDS: Final = 1.0  # how long a change waits for a broken session's successor
_KEY: Final = 7020326271434753
_TAKE: Final = f"SELECT pg_try_advisory_lock({_KEY})"
_HOLDER: Final = f"""
SELECT held.pid, session.application_name, session.client_addr, session.backend_start
FROM pg_locks AS held LEFT JOIN pg_stat_activity AS session USING (pid)
WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND held.classid = {_KEY >> 32} AND held.objid = {_KEY & 0xFFFFFFFF}
"""  # noqa: S608 - numbers of ours
# A server whose machine vanished is noticed within half a minute, not two hours.
_SETTINGS: Final = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "statement_timeout": "10000",
}


class Tenure:
    """This server's right to work on a database, alone.

    Desk, scheduler and relay keep in memory what waits and runs; two of each on one
    database would start the same work twice. The right is a session's advisory lock,
    so it ends with the process, however that ends. A session that breaks is replaced;
    when another server was quicker, this one changes nothing any more.
    """

    def __init__(self, place: Place) -> None:
        """Guard the database at `place`."""
        self._place = place
        self._session: asyncpg.Connection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._broken = asyncio.Event()
        self._sound = asyncio.Event()
        self._log = structlog.get_logger("fairlead.sql")
        self._taken: DatabaseHeld | None = None

    def refusal(self) -> FairleadError | None:
        """Return why nothing may be changed now; None: all is well."""
        if self._taken is not None or not self._broken.is_set():
            return self._taken
        return DatabaseUnavailable(
            f"The database {self._place.name} is being taken again after a break.",
            database=self._place.name,
        )

    async def take(self) -> None:
        """Take the right, waiting a moment for one that is just ending.

        Raises:
            DatabaseHeld: another server, named in the message, has it.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while True:
            try:
                await self._try()
            except DatabaseHeld:
                if loop.time() >= until:
                    raise
                await asyncio.sleep(LOOK_SECONDS)
            else:
                self._keeper = asyncio.create_task(self._keep())
                return

    async def confirm(self) -> None:
        """Return while this server has the right; waits a moment after a break.

        Raises:
            DatabaseHeld: another server has it now.
            DatabaseUnavailable: the session broke and is not replaced yet.
        """
        if self._broken.is_set() and self._taken is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._sound.wait(), BREAK_SECONDS)
        refusal = self.refusal()
        if refusal is not None:
            raise refusal

    async def release(self) -> None:
        """Let go; releasing twice is fine."""
        keeper, self._keeper = self._keeper, None
        self._taken = None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        session, self._session = self._session, None
        self._broken.clear()
        if session is not None:
            with contextlib.suppress(*FAILURES):
                await session.close()

    async def _try(self) -> None:
        session = await self._place.connect(application_name=_name(), **_SETTINGS)
        try:
            await _lock(session, self._place)
        except BaseException:
            session.terminate()
            raise
        self._broken.clear()
        self._sound.set()
        session.add_termination_listener(self._break)
        self._session = session

    def _break(self, session: object) -> None:
        if session is self._session:
            self._sound.clear()
            self._broken.set()

    async def _keep(self) -> None:
        """Take it anew whenever the session is lost."""
        while True:
            await self._broken.wait()
            try:
                await self._try()
            except DatabaseHeld as error:
                if self._taken is None:
                    self._log.error("database_taken_over", reason=error.message)
                self._taken = error
            except FAILURES as error:
                self._log.warning("database_tenure_lost", reason=repr(error))
            else:
                self._taken = None
                self._log.info("database_tenure_again")
                continue
            await asyncio.sleep(RETRY_SECONDS)


async def _lock(session: asyncpg.Connection, place: Place) -> None:
    if not await session.fetchval(_TAKE):
        raise held(await session.fetch(_HOLDER), place)


async def refuse_if_held(session: asyncpg.Connection, place: Place) -> None:
    """Refuse to change the tables under a server that works with them.

    Raises:
        DatabaseHeld: there is one.
    """
    found = await session.fetch(_HOLDER)
    if found:
        raise held(found, place)


def held(found: "list[Any]", place: Place) -> DatabaseHeld:
    """Return the refusal, naming who has the database as far as is known."""
    who = "another server"
    if found:
        pid, name, address, since = found[0]
        who = name or who
        where = f" at {address}" if address is not None else ""
        when = f", since {since:%Y-%m-%d %H:%M:%S} UTC" if since is not None else ""
        who = f"{who}{where} (session {pid}{when})"
    return DatabaseHeld(
        f"The database {place.name} is in use by {who}: stop that server, or give "
        "this one a database of its own.",
        database=place.name,
        holder=who,
    )


def _name() -> str:
    """Return what the database shows of this server: 63 bytes at most."""
    host = socket.gethostname()[:40]
    return f"fairlead server on {host} {os.getpid()}"
