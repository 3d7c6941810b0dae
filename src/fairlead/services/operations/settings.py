"""Settings of the operations service."""

from typing import Annotated

from msgspec import Meta, Struct, field

AtLeastOne = Annotated[int, Meta(ge=1)]


class OperationsSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The section `operations`: how many run at once.

    Attributes:
        limit: In all.
        per_project: Of one project.
        per_kind: Of one kind, e.g. `{"pipelines.run": 4}`.
    """

    limit: AtLeastOne = 16
    per_project: AtLeastOne = 5
    per_kind: dict[str, AtLeastOne] = field(default_factory=dict)
