"""Giving addresses to those who have none, for our own services."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.kernel.principal import Principal
from fairlead.services.identity.public import Mailboxes, Users
from fairlead.services.identity.use_cases.profiles import Changes, UpdateUser


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMailboxes(Mailboxes):
    """The addresses of this process's users."""

    users: Users
    update: UpdateUser

    @override
    async def give(self, who: Principal, name: str, email: str) -> bool:
        user = await self.users.get(who, name)
        if user.email is not None:
            return False
        await self.update(who, name, Changes(email=email), password=None)
        return True
