"""The settings of projects."""

from typing import Annotated

from msgspec import Meta, Struct

Folder = Annotated[str, Meta(pattern="^/")]


class ProjectsSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where projects come from.

    Attributes:
        local_roots: Folders of this machine that projects may be built from, with all
            below them; by default any in development and none in production.
    """

    local_roots: tuple[Folder, ...] = ()
