"""Logging in and out with a browser."""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect

from fairlead.adapters.http.cookies import cookie_name
from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.pages.controller import STATUS, PageController
from fairlead.adapters.pages.forms import (
    AnyRequest,
    field,
    local_path,
    session_cookie,
)
from fairlead.adapters.pages.guard import BEGINS_SESSION
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.console.sessions import BrowserSessions
from fairlead.console.steps import FirstSteps
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Origin, Principal
from fairlead.services.identity.public import SecondFactorNeeded, WrongCode

FOREVER_SECONDS = 7 * 24 * 3600
TOO_LATE = "That took too long; log in once more."


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
        return await _form(request, pages, wanted)

    @post("/login", opt={BEGINS_SESSION: True})
    @inject
    async def login(
        self,
        request: AnyRequest,
        sessions: FromDishka[BrowserSessions],
        steps: FromDishka[FirstSteps],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Begin a session under a new handle; ask for a code where it is needed."""
        wanted = local_path(await field(request, "next"))
        given = await _given(request, steps, pages.who.origin)
        if given is None:
            return await _form(request, pages, wanted, fault=TOO_LATE, status=401)
        name, password = given
        code, origin = await field(request, "code"), pages.who.origin
        try:
            handle = await sessions.open(name, password, origin=origin, code=code)
        except FairleadError as error:
            status = _refusal(error)
            if isinstance(error, SecondFactorNeeded | WrongCode):
                shown: Response[Any] = await pages.show(
                    request,
                    Sheet(template="console/code.html", title="Log in", status=status),
                    wanted=wanted,
                    name=name,
                    step=steps.seal(name, password, agent=origin.user_agent),
                    fault=error.message if code else "",
                )
                return shown
            fault = error.message
            return await _form(
                request, pages, wanted, name=name, fault=fault, status=status
            )
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


async def _form(
    request: AnyRequest,
    pages: Pages,
    wanted: str,
    *,
    name: str = "",
    fault: str = "",
    status: int = 200,
) -> Response[Any]:
    sheet = Sheet(template="console/login.html", title="Log in", status=status)
    return await pages.show(request, sheet, wanted=wanted, name=name, fault=fault)


async def _given(
    request: AnyRequest, steps: FirstSteps, origin: Origin
) -> tuple[str, str] | None:
    """Return name and password, from this page or the one before; None: too late."""
    step = await field(request, "step")
    if step:
        opened = steps.open(step, agent=origin.user_agent)
        return None if opened is None else (opened.name, opened.password)
    password = str((await request.form()).get("password", ""))
    return await field(request, "username"), password


def _refusal(error: FairleadError) -> int:
    """Return the status of the form that says why not.

    Raises:
        FairleadError: `error`, which is no refusal.
    """
    if error.kind not in {ErrorKind.UNAUTHENTICATED, ErrorKind.THROTTLED}:
        raise error
    return STATUS[error.kind]


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
