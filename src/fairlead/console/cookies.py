"""Tells the HTTP edge whose browser session a cookie is."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.adapters.http.authentication import CookieAuthenticator
from fairlead.console.sessions import BrowserSessions
from fairlead.kernel.principal import Origin, Principal


@dataclass(frozen=True, slots=True)
class SessionCookies(CookieAuthenticator):
    """Takes the cookie for a handle of `BrowserSessions`."""

    sessions: BrowserSessions

    @override
    async def principal(self, cookie: str, *, origin: Origin) -> Principal | None:
        return await self.sessions.principal(cookie, origin=origin)
