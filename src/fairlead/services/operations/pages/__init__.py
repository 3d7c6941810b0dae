"""Operations and schedules in the console."""

from pathlib import Path

from fairlead.adapters.pages.part import ConsolePart, Entry
from fairlead.services.operations.pages.schedules import SchedulePages
from fairlead.services.operations.pages.work import OperationPages
from fairlead.services.operations.permissions import OPERATION_READ, SCHEDULE_READ

CONSOLE = ConsolePart(
    controllers=(OperationPages, SchedulePages),
    templates=Path(__file__).parent.with_name("templates"),
    entries=(
        Entry(
            label="Operations", path="/operations", order=40, permission=OPERATION_READ
        ),
        Entry(label="Schedules", path="/schedules", order=45, permission=SCHEDULE_READ),
    ),
)
