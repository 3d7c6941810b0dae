"""What a module lets people schedule, and the check of the jobs it declares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fairlead.adapters.engine.part import EnginePart
from fairlead.kernel.module import BadModule, Module, Part
from fairlead.kernel.schedules import BadTimetable, Calendar, Timetable


@dataclass(frozen=True)
class SchedulablePart(Part):
    """REQUEST-scoped `Schedulable` types."""

    types: tuple[type[Any], ...]


@dataclass(frozen=True, slots=True)
class SchedulableTypes:
    """The `Schedulable` types of all loaded modules by their kinds."""

    types: Mapping[str, type[Any]]

    @classmethod
    def of(cls, modules: Iterable[Module]) -> "SchedulableTypes":
        """Collect those of `modules`."""
        return cls(
            {
                kind.kind: kind
                for module in modules
                for part in module.each(SchedulablePart)
                for kind in part.types
            }
        )


def check_jobs(modules: Sequence[Module], calendar: Calendar) -> None:
    """Refuse jobs nobody carries out, or whose time cannot be read.

    Raises:
        BadModule: the message names the job.
    """
    known = {
        workflow.name
        for module in modules
        for part in module.each(EnginePart)
        for workflow in part.workflows
    }
    for module in modules:
        for job in module.manifest.jobs:
            if job.workflow not in known:
                raise BadModule(
                    f"Job '{job.name}' is to run the workflow '{job.workflow}', "
                    "which no module registers.",
                    path="jobs",
                )
            timetable = Timetable(cron=job.schedule, time_zone=job.time_zone)
            try:
                calendar.following(timetable, after=datetime.now(UTC))
            except BadTimetable as error:
                raise BadModule(
                    f"Job '{job.name}': {error.message}", path="jobs"
                ) from error


@dataclass(frozen=True)
class DigestPart(Part):
    """REQUEST-scoped `DigestSource` types."""

    types: tuple[type[Any], ...]


@dataclass(frozen=True, slots=True)
class DigestTypes:
    """The `DigestSource` types of all loaded modules, in their order."""

    types: tuple[type[Any], ...]

    @classmethod
    def of(cls, modules: Iterable[Module]) -> "DigestTypes":
        """Collect those of `modules`."""
        return cls(
            tuple(
                kind
                for module in modules
                for part in module.each(DigestPart)
                for kind in part.types
            )
        )
