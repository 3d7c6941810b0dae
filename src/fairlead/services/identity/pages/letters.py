"""Where letters lead: a new password, a verified address; without a log in.

What changes something is a button on the page, never the link itself: programs that
look through mail open links, too. Other pages and sites see no token: the address of
these pages is told to nobody (`Referrer-Policy`), and the forms carry it on.
"""

from typing import Any

from litestar import Response, get, post

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.faults import status_of
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.guard import BEGINS_SESSION
from fairlead.adapters.pages.pages import Pages, Sheet
from fairlead.kernel.errors import FairleadError
from fairlead.services.identity.domain import RESET_WITHIN
from fairlead.services.identity.pages.forms import new_password, rule
from fairlead.services.identity.public import BadToken
from fairlead.services.identity.use_cases.links import (
    AskReset,
    ResetPassword,
    VerifyEmail,
)

NO_SESSION = {BEGINS_SESSION: True}
MINUTES = int(RESET_WITHIN.total_seconds()) // 60


class LetterPages(PageController):
    """`/forgot`, `/reset` and `/verify`."""

    path = "/"

    @get("/forgot")
    @inject
    async def forgot(
        self, request: AnyRequest, pages: FromDishka[Pages]
    ) -> Response[str]:
        """Ask for the address."""
        return await _door(request, pages, "forgot", email="", asked=False)

    @post("/forgot", status_code=200, opt=NO_SESSION)
    @inject
    async def ask(
        self, request: AnyRequest, ask: FromDishka[AskReset], pages: FromDishka[Pages]
    ) -> Response[str]:
        """Have a letter sent; the answer is the same whoever's address it is."""
        email = await field(request, "email")
        try:
            await ask(email, origin=pages.who.origin)
        except FairleadError as error:
            known = {"email": email, "asked": False}
            return await _door(request, pages, "forgot", error, **known)
        return await _door(request, pages, "forgot", email=email, asked=True)

    @get("/reset")
    @inject
    async def form(
        self, request: AnyRequest, pages: FromDishka[Pages]
    ) -> Response[str]:
        """Ask for a new password."""
        token = request.query_params.get("token", "")
        return await _door(request, pages, "reset", token=token, done=False)

    @post("/reset", status_code=200, opt=NO_SESSION)
    @inject
    async def reset(
        self,
        request: AnyRequest,
        reset: FromDishka[ResetPassword],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Set it, once; all sessions end."""
        token = await field(request, "token")
        try:
            password = await new_password(request)
            await reset(token, password, origin=pages.who.origin)
        except FairleadError as error:
            return await _door(request, pages, "reset", error, token=token, done=False)
        return await _door(request, pages, "reset", token="", done=True)

    @get("/verify")
    @inject
    async def look(
        self, request: AnyRequest, pages: FromDishka[Pages]
    ) -> Response[str]:
        """Offer to verify the address."""
        token = request.query_params.get("token", "")
        return await _door(request, pages, "verify", token=token, done=False)

    @post("/verify", status_code=200, opt=NO_SESSION)
    @inject
    async def verify(
        self,
        request: AnyRequest,
        verify: FromDishka[VerifyEmail],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Verify it, once."""
        token = await field(request, "token")
        try:
            await verify(token, origin=pages.who.origin)
        except FairleadError as error:
            known = {"token": token, "done": False}
            return await _door(request, pages, "verify", error, **known)
        return await _door(request, pages, "verify", token="", done=True)


TITLES = {
    "forgot": "Forgot your password?",
    "reset": "Set a new password",
    "verify": "Verify your email address",
}


async def _door(
    request: AnyRequest,
    pages: Pages,
    name: str,
    fault: FairleadError | None = None,
    **data: Any,
) -> Response[str]:
    status = 200 if fault is None else status_of(fault)
    about = Sheet(template=f"identity/{name}.html", title=TITLES[name], status=status)
    answer = await pages.show(
        request,
        about,
        fault="" if fault is None else fault.message,
        spent=isinstance(fault, BadToken) or data.get("token") == "",
        minutes=MINUTES,
        rule=rule(second_factor=False),
        **data,
    )
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer
