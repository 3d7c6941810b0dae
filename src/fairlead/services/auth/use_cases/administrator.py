"""The administrator an installation begins with."""

from collections.abc import Callable
from dataclasses import dataclass

from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import ROOT, Roles
from fairlead.services.identity.public import User, UserNotFound, Users

ADMIN_ROLE = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    """Who administers a new installation.

    Attributes:
        password: Returns what the operator chose when it is needed; empty: generate
            one.
    """

    username: str
    password: Callable[[], str]
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeAdministrator:
    """Make the administrator, or give them what they lack."""

    users: Users
    roles: Roles
    administrator: Administrator

    async def __call__(self, who: Principal, password: str) -> None:
        """Leave a user with this password and the role, whatever was there before."""
        name = self.administrator.username
        if await self.find(who) is None:
            await self.users.create(who, name, password)
        else:
            await self.users.set_password(who, name, password, old=None)
            await self.users.set_disabled(who, name, disabled=False)
        await self.roles.bind(who, name, ADMIN_ROLE, scope=ROOT)

    async def find(self, who: Principal) -> User | None:
        """Return the user of this name; None: there is none."""
        try:
            return await self.users.get(who, self.administrator.username)
        except UserNotFound:
            return None
