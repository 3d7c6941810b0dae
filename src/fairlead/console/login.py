"""Logging in and out with a browser."""

from typing import Any

from dishka.integrations.litestar import FromDishka, inject
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect

from fairlead.adapters.http.cookies import cookie_name
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import (
    AnyRequest,
    field,
    local_path,
    session_cookie,
)
from fairlead.adapters.pages.guard import BEGINS_SESSION
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.console.sessions import BrowserSessions
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Principal
from fairlead.services.identity.public import SecondFactorNeeded, WrongCode

FOREVER_SECONDS = 7 * 24 * 3600


class LoginController(PageController):
    """`/login` and `/logout`."""

    path = "/"

    @get("/login")
    @inject
    async def form(
        self,
        request: AnyRequest,
        who: FromDishka[Principal],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Show the log in; who is logged in already goes on.

        A link on another site brings no `SameSite=Strict` cookie along, so whoever
        follows one is led on by a page of ours, which does.
        """
        wanted = local_path(request.query_params.get("next"))
        if who.known:
            return go(wanted)
        if request.headers.get("sec-fetch-site") == "cross-site":
            return pages.fragment(request, "console/onward.html", wanted=wanted)
        return await pages.show(request, _sheet(200), wanted=wanted, name="", fault="")

    @post("/login", opt={BEGINS_SESSION: True})
    @inject
    async def login(
        self,
        request: AnyRequest,
        who: FromDishka[Principal],
        sessions: FromDishka[BrowserSessions],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Begin a session under a new handle."""
        name = await field(request, "username")
        wanted = local_path(await field(request, "next"))
        password = str((await request.form()).get("password", ""))
        try:
            code = await field(request, "code")
            handle = await sessions.open(name, password, origin=who.origin, code=code)
        except FairleadError as error:
            if error.kind not in {ErrorKind.UNAUTHENTICATED, ErrorKind.THROTTLED}:
                raise
            status = 429 if error.kind is ErrorKind.THROTTLED else 401
            shown: Response[Any] = await pages.show(
                request,
                _sheet(status),
                wanted=wanted,
                name=name,
                fault=error.message,
                asks_code=isinstance(error, SecondFactorNeeded | WrongCode),
            )
            return shown
        answer = go(wanted)
        answer.set_cookie(_cookie(request, handle, FOREVER_SECONDS))
        return answer

    @post("/logout")
    @inject
    async def logout(
        self,
        request: AnyRequest,
        who: FromDishka[Principal],
        sessions: FromDishka[BrowserSessions],
    ) -> Redirect:
        """End the session."""
        handle = session_cookie(request)
        if handle:
            await sessions.close(handle, who)
        answer = go("/login")
        answer.set_cookie(_cookie(request, "", 0))
        return answer


def _sheet(status: int) -> Sheet:
    return Sheet(template="console/login.html", title="Log in", status=status)


def _cookie(request: AnyRequest, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=cookie_name(request.url.scheme),
        value=value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
