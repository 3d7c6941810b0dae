"""On another user's page: their API keys and where they are logged in."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect
from typing_extensions import override

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.pages import go
from fairlead.adapters.pages.part import Card, Panel
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.auth.domain import device_of
from fairlead.services.auth.permissions import (
    KEY_READ,
    KEY_REVOKE,
    SESSION_READ,
    SESSION_REVOKE,
)
from fairlead.services.auth.use_cases.api_keys import ListKeys, RevokeKey
from fairlead.services.auth.use_cases.devices import ListSessions, LogoutEverywhere
from fairlead.services.authz.public import Authorizer

USERS = "/access/users"
MOST = PageRequest(limit=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInsOfUser(Panel):
    """By what a user gets in, for who may see that."""

    list_keys: ListKeys
    list_sessions: ListSessions
    authorizer: Authorizer

    @override
    async def cards(self, who: Principal, subject: str) -> tuple[Card, ...]:
        found: list[Card] = []
        data: dict[str, Any]
        if await self.authorizer.allows(who, KEY_READ):
            data = {
                "keys": await self.list_keys(who, MOST, user=subject),
                "may": await self.authorizer.allows(who, KEY_REVOKE),
            }
            found.append(Card(template="auth/keys_of_user.html", order=10, data=data))
        if await self.authorizer.allows(who, SESSION_READ):
            data = {
                "sessions": await self.list_sessions(who, MOST, user=subject),
                "may": await self.authorizer.allows(who, SESSION_REVOKE),
                "device_of": device_of,
            }
            found.append(
                Card(template="auth/sessions_of_user.html", order=20, data=data)
            )
        return tuple(found)


class LogInForms(PageController):
    """Forms under `/access/users`."""

    path = USERS

    @post("/{name:str}/keys/{key:uuid}/revoke")
    @inject
    async def revoke(
        self,
        name: FromPath[str],
        key: FromPath[UUID],
        who: FromDishka[Principal],
        revoke_key: FromDishka[RevokeKey],
    ) -> Redirect:
        """Take a key out of use."""
        await revoke_key(who, key)
        return go(f"{USERS}/{quote(name, safe='')}#keys")

    @post("/{name:str}/sessions/end-all")
    @inject
    async def end_all(
        self,
        name: FromPath[str],
        who: FromDishka[Principal],
        logout: FromDishka[LogoutEverywhere],
    ) -> Redirect:
        """End all of a user's sessions."""
        await logout(who, user=name)
        return go(f"{USERS}/{quote(name, safe='')}#sessions")
