"""The settings section `mail`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from typing_extensions import override


class MailSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How letters leave.

    Attributes:
        transport: `files`: into `mail/` in the data folder, for development; `smtp`:
            to a server, with what `pip install 'fairlead[mail]'` brings.
        sender: The address letters are from.
        security: `tls`: from the start, `starttls`: demanded before anything is said,
            `none`: in the clear, for a server on this machine.
        username: Empty: nobody logs in to the server.
        ca_file: Whom to believe about the server; empty: whom this machine believes.
    """

    transport: Literal["files", "smtp"] = "files"
    sender: Annotated[str, Meta(min_length=3, max_length=254)] = "fairlead@localhost"
    host: Annotated[str, Meta(min_length=1, max_length=253)] = "localhost"
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    security: Literal["tls", "starttls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    ca_file: str = ""

    @override
    def __repr__(self) -> str:
        """Leave the password out of logs and tracebacks."""
        return f"MailSettings(transport={self.transport!r}, host={self.host!r})"
