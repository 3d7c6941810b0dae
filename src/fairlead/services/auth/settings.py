"""The settings sections `auth` and `admin`."""

from typing import Annotated

from msgspec import Meta, Struct
from typing_extensions import override


class AuthSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How long tokens live.

    Attributes:
        access_minutes: Of an access token, which is verified without the database.
        run_minutes: Of the token of a step, which ends with the step in any case.
        refresh_days: Of a whole session, counted from the log-in.
        issuer: Who the tokens say they are from.
        audience: Who they say they are for.
    """

    access_minutes: Annotated[int, Meta(ge=1, le=60)] = 15
    run_minutes: Annotated[int, Meta(ge=1, le=1440)] = 60
    refresh_days: Annotated[int, Meta(ge=1, le=90)] = 7
    issuer: Annotated[str, Meta(min_length=1, max_length=200)] = "fairlead"
    audience: Annotated[str, Meta(min_length=1, max_length=200)] = "fairlead"


class AdminSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The administrator the first start makes.

    Attributes:
        password: Empty: one is generated and shown once.
    """

    username: Annotated[str, Meta(min_length=1, max_length=63)] = "admin"
    password: Annotated[str, Meta(max_length=1024)] = ""

    @override
    def __repr__(self) -> str:
        """Leave the password out of logs and tracebacks."""
        return f"AdminSettings(username={self.username!r})"
