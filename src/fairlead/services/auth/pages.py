"""One's own account in the console: where one is logged in, and one's API keys."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.adapters.pages.part import ConsolePart
from fairlead.kernel.principal import Principal
from fairlead.services.auth.domain import device_of
from fairlead.services.auth.domain.api_keys import ApiKey, KeyOrder
from fairlead.services.auth.public import BadKey
from fairlead.services.auth.use_cases.api_keys import (
    CreateKey,
    ListKeys,
    RevokeKey,
    RotateKey,
)
from fairlead.services.auth.use_cases.devices import (
    ListSessions,
    LogoutEverywhere,
    RevokeSession,
)

ACCOUNT = "/account"
PER_PAGE = 100
HOUR = timedelta(hours=1)


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
            command="fairlead sessions list",
            section=ACCOUNT,
        )
        return await pages.show(
            request,
            sheet,
            sessions=await list_sessions(pages.who, wanted),
            keys=await list_keys(pages.who, keys_wanted),
            device_of=device_of,
            cards=await pages.panels("account", pages.who.name),
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
        return go(ACCOUNT)

    @post("/sessions/end-others")
    @inject
    async def end_others(
        self, who: FromDishka[Principal], logout: FromDishka[LogoutEverywhere]
    ) -> Redirect:
        """End all sessions but this one."""
        await logout(who, spare_own=True)
        return go(ACCOUNT)

    @post("/keys", status_code=200)
    @inject
    async def create(
        self,
        request: AnyRequest,
        who: FromDishka[Principal],
        create_key: FromDishka[CreateKey],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Make a key and show it, this once."""
        order = KeyOrder(
            name=await field(request, "name"),
            scopes=tuple((await field(request, "scopes")).split()),
            networks=tuple((await field(request, "networks")).split()),
            lifetime=timedelta(days=_days(await field(request, "days"))),
        )
        return await _told(request, pages, *await create_key(who, order))

    @post("/keys/{key:uuid}/rotate", status_code=200)
    @inject
    async def rotate(
        self,
        request: AnyRequest,
        key: FromPath[UUID],
        who: FromDishka[Principal],
        rotate_key: FromDishka[RotateKey],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Give a key a new secret and show it; the old one is good for an hour."""
        return await _told(request, pages, *await rotate_key(who, key, overlap=HOUR))

    @post("/keys/{key:uuid}/revoke")
    @inject
    async def revoke(
        self,
        key: FromPath[UUID],
        who: FromDishka[Principal],
        revoke_key: FromDishka[RevokeKey],
    ) -> Redirect:
        """Take a key out of use."""
        await revoke_key(who, key)
        return go(ACCOUNT)


async def _told(
    request: AnyRequest, pages: Pages, key: ApiKey, secret: str
) -> Response[str]:
    sheet = Sheet(
        template="auth/key.html",
        title=f"Key {key.name}",
        command="fairlead keys list",
        crumbs=(("Your account", ACCOUNT),),
        section=ACCOUNT,
    )
    return await pages.show(request, sheet, key=key, secret=secret)


def _days(text: str) -> int:
    try:
        days = int(text or "90")
    except ValueError:
        days = 0
    if not 1 <= days <= 366:  # noqa: PLR2004 - as the message says
        raise BadKey("A key lives for 1 to 366 days.", field="days")
    return days


CONSOLE = ConsolePart(
    controllers=(AccountPages,), templates=Path(__file__).with_name("templates")
)
