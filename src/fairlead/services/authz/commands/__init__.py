"""`fairlead roles`."""

from fairlead.services.authz.commands.policies import policies
from fairlead.services.authz.commands.roles import roles

__all__ = ["policies", "roles"]
