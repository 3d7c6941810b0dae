"""How values read on a page: times, durations, sizes."""

from datetime import UTC, datetime

from markupsafe import Markup

MINUTE, HOUR, DAY = 60, 3600, 86400
KIBI = 1024


def ago(at: datetime | None, now: datetime) -> Markup:
    """Return an instant as a short relative time, with the exact one on hover."""
    if at is None:
        return Markup("")
    return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(
        at.isoformat(timespec="seconds"), exact(at), distance(at, now)
    )


def distance(at: datetime, now: datetime) -> str:
    """Say how long ago `at` was."""
    seconds = int((now - at).total_seconds())
    if seconds < 10:  # noqa: PLR2004 - nobody counts less
        return "just now"
    for limit, unit, word in _STEPS:
        if seconds < limit:
            return f"{seconds // unit} {word} ago"
    return at.strftime("%-d %b %Y")


_STEPS = (
    (MINUTE, 1, "s"),
    (HOUR, MINUTE, "min"),
    (2 * DAY, HOUR, "h"),
    (30 * DAY, DAY, "days"),
)


def exact(at: datetime) -> str:
    """Return an instant in full."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def seconds_between(start: datetime, end: datetime) -> float:
    """Return a duration, never negative."""
    return max(0.0, (end - start).total_seconds())


def duration(seconds: float) -> str:
    """Say a duration: `0.4 s`, `12 s`, `1 min 52 s`, `2 h 3 min`."""
    if seconds < 9.95:  # noqa: PLR2004 - from here on whole seconds say enough
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def took(start: datetime | None, end: datetime | None, now: datetime) -> Markup:
    """Return a duration; one that has not ended ticks in the browser."""
    if start is None:
        return Markup("")
    if end is not None:
        return Markup("{}").format(duration(seconds_between(start, end)))
    return Markup('<span data-since="{}">{}</span>').format(
        start.isoformat(timespec="milliseconds"),
        duration(seconds_between(start, now)),
    )


def size(count: int) -> str:
    """Say a number of bytes: `812 B`, `4.2 KiB`, `17.0 MiB`."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < KIBI or unit == "GiB":
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= KIBI
    raise AssertionError("unreachable")


def initials(name: str) -> str:
    """Return two letters that stand for a person."""
    parts = [part for part in name.replace("-", " ").replace(".", " ").split() if part]
    letters = "".join(part[0] for part in parts[:2]) if len(parts) > 1 else name[:2]
    return letters.upper()
