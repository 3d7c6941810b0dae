"""What auth does when it hears of users, and when the server starts."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.events import Delivery
from fairlead.kernel.principal import service
from fairlead.services.auth.ports import KeyReload
from fairlead.services.auth.use_cases.keys import OpenKeys, ReloadKeys
from fairlead.services.auth.use_cases.sessions import EndSessions
from fairlead.services.auth.use_cases.tokens import RecallEndedSessions
from fairlead.services.authz.public import HeldRights
from fairlead.services.identity.public import (
    PasswordChanged,
    UserDeleted,
    UserDisabled,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessionsOfDisabledUser:
    """Hears `identity.user.disabled`."""

    end_sessions: EndSessions
    rights: HeldRights

    async def __call__(self, delivery: Delivery) -> None:
        """End all sessions of the user; forget what their keys may."""
        event = delivery.event
        if isinstance(event, UserDisabled):
            self.rights.forget(event.actor.tenant_id)
            await self.end_sessions(event.actor, event.user_id, begun_by=event.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessionsOfDeletedUser:
    """Hears `identity.user.deleted`."""

    end_sessions: EndSessions

    async def __call__(self, delivery: Delivery) -> None:
        """End all sessions of the user."""
        event = delivery.event
        if isinstance(event, UserDeleted):
            await self.end_sessions(event.actor, event.user_id, begun_by=event.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessionsOfOldPassword:
    """Hears `identity.user.password_changed`."""

    end_sessions: EndSessions

    async def __call__(self, delivery: Delivery) -> None:
        """End the user's sessions, but the one the password was changed in."""
        event = delivery.event
        if isinstance(event, PasswordChanged):
            who = event.actor
            await self.end_sessions(
                who, event.user_id, begun_by=event.at, but=who.session_id
            )


@dataclass(frozen=True, slots=True)
class KeysReadAgain(KeyReload):
    """Reads the keys in a scope of its own."""

    scopes: Scopes

    @override
    async def __call__(self) -> None:
        async with self.scopes.enter(service("auth")) as scope:
            await (await scope.get(ReloadKeys))()


@dataclass(frozen=True, slots=True)
class TokensReady:
    """Opens the keys and recalls ended sessions before the first request."""

    scopes: Scopes

    async def open(self) -> None:
        """Fill what verifying looks at."""
        async with self.scopes.enter(service("auth")) as scope:
            await (await scope.get(OpenKeys))()
            await (await scope.get(RecallEndedSessions))()

    async def close(self) -> None:
        """Leave everything as it is."""
