"""`fairlead roles`, `fairlead groups`, `fairlead policies`, `fairlead authz`."""

from fairlead.services.authz.commands import bindings
from fairlead.services.authz.commands.decisions import authz
from fairlead.services.authz.commands.groups import groups
from fairlead.services.authz.commands.policies import policies
from fairlead.services.authz.commands.roles import roles

__all__ = ["authz", "bindings", "groups", "policies", "roles"]
