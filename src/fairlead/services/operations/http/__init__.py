"""Operations and schedules over HTTP."""

from fairlead.services.operations.http.schedules import ScheduleController
from fairlead.services.operations.http.work import OperationController

__all__ = ["OperationController", "ScheduleController"]
