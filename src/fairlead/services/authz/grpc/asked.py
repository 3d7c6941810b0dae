"""What several calls ask for, and the answer that says nothing."""

from dataclasses import dataclass, field

from fairlead.kernel.paging import PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list."""

    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByName:
    """What has a name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """It was done."""
