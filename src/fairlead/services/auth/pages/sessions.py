"""One's own account: its cards, and where one is logged in."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.kernel.principal import Principal
from fairlead.services.auth.domain import device_of
from fairlead.services.auth.use_cases.api_keys import ListKeys
from fairlead.services.auth.use_cases.devices import (
    ListSessions,
    LogoutEverywhere,
    RevokeSession,
)

ACCOUNT = "/account"
PER_PAGE = 100
OVERLAPS = (
    (0, "not at all"),
    (3600, "an hour"),
    (86_400, "a day"),
    (604_800, "a week"),
)
BESIDE = 100  # cards of lower order stand before those of this module


class AccountPages(PageController):
    """`/account`, which shows its reader nothing of others; modules add cards to it."""

    path = ACCOUNT

    @get("/")
    @inject
    async def show(
        self,
        request: AnyRequest,
        list_sessions: FromDishka[ListSessions],
        list_keys: FromDishka[ListKeys],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show sessions and keys, newest first."""
        wanted = page_request(PER_PAGE, request.query_params.get("after"))
        keys_wanted = page_request(PER_PAGE, request.query_params.get("keys_after"))
        sheet = Sheet(
            template="auth/account.html",
            title="Your account",
            command="fairlead account show",
            section=ACCOUNT,
        )
        cards = await pages.panels("account", pages.who.name)
        return await pages.show(
            request,
            sheet,
            sessions=await list_sessions(pages.who, wanted),
            keys=await list_keys(pages.who, keys_wanted),
            device_of=device_of,
            overlaps=OVERLAPS,
            before=[card for card in cards if card.order < BESIDE],
            after=[card for card in cards if card.order >= BESIDE],
        )

    @post("/sessions/{session:uuid}/end")
    @inject
    async def end(
        self,
        session: FromPath[UUID],
        who: FromDishka[Principal],
        revoke_session: FromDishka[RevokeSession],
    ) -> Redirect:
        """End one session."""
        await revoke_session(who, session)
        return go(f"{ACCOUNT}#sessions")

    @post("/sessions/end-others")
    @inject
    async def end_others(
        self, who: FromDishka[Principal], logout: FromDishka[LogoutEverywhere]
    ) -> Redirect:
        """End all sessions but this one."""
        await logout(who, spare_own=True)
        return go(f"{ACCOUNT}#sessions")

    @post("/sessions/end-all")
    @inject
    async def end_all(
        self, who: FromDishka[Principal], logout: FromDishka[LogoutEverywhere]
    ) -> Redirect:
        """Log out everywhere, here too."""
        await logout(who)
        return go("/login")
