"""Operations and schedules in a relational database."""

from fairlead.services.operations.sql.feeds import SqlFeedLedger
from fairlead.services.operations.sql.schedules import SqlAgenda, SqlScheduleStore
from fairlead.services.operations.sql.work import SqlDocket, SqlOperationStore

__all__ = [
    "SqlAgenda",
    "SqlDocket",
    "SqlFeedLedger",
    "SqlOperationStore",
    "SqlScheduleStore",
]
