"""The machine's clock."""

from datetime import UTC, datetime

from typing_extensions import override

from fairlead.kernel.clock import Clock


class SystemClock(Clock):
    """Tells the machine's time."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)
