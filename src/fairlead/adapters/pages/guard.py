"""The one place that keeps other sites from acting with a browser's cookie.

It stands before every route, whatever its controller says of itself.
"""

from typing import Any

from litestar.handlers import BaseRouteHandler
from litestar.types import Receive, Scope

from fairlead.adapters.http.bodies import BodyRequest, check_media_type
from fairlead.adapters.http.cookies import BY_COOKIE
from fairlead.adapters.http.routes import COOKIE_ROUTE
from fairlead.adapters.pages.forms import SAFE, AnyRequest, ForeignForm, check_form

BEGINS_SESSION = "begins_session"  # in the `opt` of a form that needs no token


async def browser_guard(connection: Scope, receive: Receive) -> None:
    """Check what changes something: forms of pages, bodies of the API.

    Raises:
        ForeignForm: a form is not from a page of this session, or a cookie came to
            a route that is no page.
        Refused: a body of the API is not JSON.
    """
    scope: Any = connection
    handler: BaseRouteHandler = scope["route_handler"]
    page = handler.opt.get(COOKIE_ROUTE) is True
    if not page and scope["state"].get(BY_COOKIE):
        raise ForeignForm("The API takes no cookies; send a token.")
    if scope["method"] in SAFE:
        return
    request: AnyRequest = BodyRequest(scope, receive)
    if page:
        token = not handler.opt.get(BEGINS_SESSION)
        await check_form(request, token=token)
    else:
        check_media_type(request, handler)
