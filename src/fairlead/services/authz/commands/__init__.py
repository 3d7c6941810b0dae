"""`fairlead roles`, `fairlead groups`, `fairlead policies`."""

from fairlead.services.authz.commands import bindings
from fairlead.services.authz.commands.groups import groups
from fairlead.services.authz.commands.policies import policies
from fairlead.services.authz.commands.roles import roles

__all__ = ["bindings", "groups", "policies", "roles"]
