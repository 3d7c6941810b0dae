"""The time zones this machine knows, read when a form first asks for them."""

from zoneinfo import available_timezones


class Zones:
    """Names them in order; those of one place only, not their old spellings."""

    def __init__(self) -> None:
        """Read nothing yet."""
        self._names: tuple[str, ...] = ()

    def __call__(self) -> tuple[str, ...]:
        """Return them; `UTC` first."""
        if not self._names:
            named = (name for name in available_timezones() if name[:1].isupper())
            placed = sorted(name for name in named if "/" in name)
            kept = (name for name in placed if not name.startswith(("Etc/", "US/")))
            self._names = ("UTC", *kept)
        return self._names
