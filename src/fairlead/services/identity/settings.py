"""The settings section `identity`."""

from typing import Annotated

from msgspec import Meta, Struct


class IdentitySettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What concerns users.

    Attributes:
        url: How people reach this server; letters name it. Empty: where it listens.
        breached_passwords: A file of passwords nobody may choose, lowercase, one a
            line, in place of the short one that is shipped.
    """

    url: Annotated[str, Meta(pattern=r"^(https?://[^\s/]+)?$", max_length=200)] = ""
    breached_passwords: str = ""
