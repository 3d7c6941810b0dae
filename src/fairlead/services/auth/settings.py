"""The settings sections `auth`, `admin` and `seed`."""

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
    """The administrator an installation begins with.

    Attributes:
        password: Empty: that in `password_file`; without one, one is generated and
            shown once.
        password_file: Read when the administrator is made; a newline at its end does
            not count.
        email: Given to the administrator, who has none.
    """

    username: Annotated[str, Meta(min_length=1, max_length=63)] = "admin"
    password: Annotated[str, Meta(max_length=1024)] = ""
    password_file: str = ""
    email: Annotated[str, Meta(max_length=254)] = ""

    @override
    def __repr__(self) -> str:
        """Leave the password out of logs and tracebacks."""
        return f"AdminSettings(username={self.username!r})"


class RoleEntry(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A role of one's own."""

    name: str
    summary: str = ""
    permissions: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()


class GroupEntry(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A group; `members` are names of users."""

    name: str
    summary: str = ""
    members: tuple[str, ...] = ()


class BindingEntry(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A role that a user or a group has."""

    role: str
    user: str = ""
    group: str = ""
    scope: str = "/"


class SeedSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What an installation begins with, beside its administrator."""

    roles: tuple[RoleEntry, ...] = ()
    groups: tuple[GroupEntry, ...] = ()
    bindings: tuple[BindingEntry, ...] = ()
