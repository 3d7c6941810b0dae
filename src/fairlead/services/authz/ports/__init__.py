"""What the use cases need from the outside, in their own words."""

from fairlead.services.authz.ports.bindings import BindingStore
from fairlead.services.authz.ports.restrictions import (
    NoRestrictions,
    Restrictions,
    RestrictionSource,
    Unrestricted,
)

__all__ = [
    "BindingStore",
    "NoRestrictions",
    "RestrictionSource",
    "Restrictions",
    "Unrestricted",
]
