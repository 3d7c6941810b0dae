"""What the schedules kit gives to the container."""

from collections.abc import Iterable

from dishka import Provider, Scope, provide

from fairlead.adapters.schedules.cron import CronCalendar
from fairlead.adapters.schedules.part import DigestTypes, SchedulableTypes, check_jobs
from fairlead.kernel.module import Module
from fairlead.kernel.schedules import Calendar


class SchedulesProvider(Provider):
    """Reads timetables; knows what modules let people schedule and tell in digests."""

    scope = Scope.APP

    def __init__(self, modules: Iterable[Module]) -> None:
        """Ask `modules`.

        Raises:
            BadModule: a job has no workflow, or its time cannot be read.
        """
        super().__init__()
        self._modules = tuple(modules)
        check_jobs(self._modules, CronCalendar())

    @provide
    def calendar(self) -> Calendar:
        """Read cron."""
        return CronCalendar()

    @provide
    def kinds(self) -> SchedulableTypes:
        """Return what can be scheduled."""
        return SchedulableTypes.of(self._modules)

    @provide
    def digests(self) -> DigestTypes:
        """Return what digests are made of."""
        return DigestTypes.of(self._modules)
