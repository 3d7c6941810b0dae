"""`fairlead roles`."""

from fairlead.services.authz.commands.roles import roles

__all__ = ["roles"]
