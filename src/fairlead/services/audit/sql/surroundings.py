"""In what circumstances an act is recorded: what the connection knows."""

import structlog
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.services.audit.domain.entries import EntryRecorded
from fairlead.services.audit.ports import Surroundings


class ConnectionSurroundings(Surroundings):
    """Asks the request's connection; leaves word in the server's log."""

    def __init__(self, connection: Connection) -> None:
        """Use the request's `connection`."""
        self._connection = connection

    @override
    def working(self) -> bool:
        return self._connection.working

    @override
    def lost(self, recorded: EntryRecorded) -> None:
        structlog.get_logger("fairlead.audit").error(
            "act_not_recorded",
            actor=recorded.actor.name,
            action=recorded.act.action,
            target=recorded.act.target,
            outcome=recorded.act.outcome.value,
        )
