"""Timetables read by cronsim."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from typing_extensions import override

from fairlead.kernel.schedules import BadTimetable, Calendar, Timetable

FIELDS = 5
MINUTE, HOUR = 0, 1


class CronCalendar(Calendar):
    """Reads the five fields of Debian's cron, with `L`, `LW` and `#` besides."""

    @override
    def following(self, timetable: Timetable, *, after: datetime) -> datetime:
        cron = _by_the_clock(_fields(timetable.cron))
        try:
            ticks = CronSim(cron, after.astimezone(_zone(timetable.time_zone)))
            found = next(ticks).astimezone(UTC)
            while found <= after:  # the second pass of an hour that came twice
                found = next(ticks).astimezone(UTC)
        except (CronSimError, OverflowError) as error:
            raise BadTimetable(
                f"'{timetable.cron}' is no cron expression: {error}; write five fields "
                "like '30 4 * * 1-5' (minute, hour, day, month, day of the week).",
                cron=timetable.cron,
            ) from error
        except StopIteration:
            raise BadTimetable(
                f"The time '{timetable.cron}' never comes.", cron=timetable.cron
            ) from None
        return found


def _fields(cron: str) -> list[str]:
    fields = cron.split()
    if len(fields) != FIELDS:
        raise BadTimetable(
            f"'{cron}' has {len(fields)} fields; write five like '30 4 * * 1-5' "
            "(minute, hour, day, month, day of the week).",
            cron=cron,
        )
    return fields


def _by_the_clock(fields: list[str]) -> str:
    """Have all but hourly times go by the clock, also those that begin with a star."""
    if fields[HOUR] != "*":
        fields[HOUR] = fields[HOUR].replace("*", "0-23")
        fields[MINUTE] = fields[MINUTE].replace("*", "0-59")
    return " ".join(fields)


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise BadTimetable(
            f"'{name}' is no time zone here; write it like Europe/Berlin.",
            time_zone=name[:100],
        ) from error
