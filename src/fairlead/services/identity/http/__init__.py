"""Users and one's own account over HTTP."""

from fairlead.services.identity.http.account import AccountController
from fairlead.services.identity.http.second_factor import SecondFactorController
from fairlead.services.identity.http.users import UserController

__all__ = ["AccountController", "SecondFactorController", "UserController"]
