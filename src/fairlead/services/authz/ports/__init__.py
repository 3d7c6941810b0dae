"""What the use cases need from the outside, in their own words."""

from fairlead.services.authz.ports.bindings import BindingStore, Wanted
from fairlead.services.authz.ports.groups import GroupStore
from fairlead.services.authz.ports.holders import Holder, HolderStore
from fairlead.services.authz.ports.policies import PolicyLanguage, PolicyStore
from fairlead.services.authz.ports.restrictions import (
    NoRestrictions,
    Restrictions,
    RestrictionSource,
    Unrestricted,
)
from fairlead.services.authz.ports.roles import RoleStore
from fairlead.services.authz.ports.versions import VersionStore

__all__ = [
    "BindingStore",
    "GroupStore",
    "Holder",
    "HolderStore",
    "NoRestrictions",
    "PolicyLanguage",
    "PolicyStore",
    "RestrictionSource",
    "Restrictions",
    "RoleStore",
    "Unrestricted",
    "VersionStore",
    "Wanted",
]
