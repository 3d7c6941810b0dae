"""Which database keeps what the modules store."""

from typing import Annotated

from msgspec import Meta, Struct


class DatabaseSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The section `database`.

    Attributes:
        url: `postgresql://user:password@host/database`; empty: one SQLite file in
            the data folder. The other fields are for PostgreSQL.
        pool: The most connections this process opens.
        statement_seconds: How long a statement may take, waiting for its turn included.
        report_seconds: The same for long reads (exports, reports).
        slow_milliseconds: Statements that take longer are logged.
    """

    url: str = ""
    pool: Annotated[int, Meta(ge=2, le=500)] = 10
    statement_seconds: Annotated[float, Meta(gt=0)] = 30.0
    report_seconds: Annotated[float, Meta(gt=0)] = 600.0
    slow_milliseconds: Annotated[float, Meta(ge=0)] = 200.0
