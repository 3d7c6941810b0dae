"""`fairlead users` and `fairlead account`."""

from fairlead.services.identity.commands.account import account
from fairlead.services.identity.commands.users import users

__all__ = ["account", "users"]
