"""The one place that keeps other sites from acting with a browser's cookie.

It stands before every route, whatever its controller says of itself.
"""

from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from fairlead.adapters.http.bodies import check_media_type
from fairlead.adapters.http.cookies import BY_COOKIE
from fairlead.adapters.http.routes import COOKIE_ROUTE
from fairlead.adapters.pages.forms import SAFE, AnyRequest, ForeignForm, check_form

BEGINS_SESSION = "begins_session"  # in the `opt` of a form that needs no token


async def browser_guard(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Check what changes something: forms of pages, bodies of the API.

    Raises:
        ForeignForm: a form is not from a page of this session, or a cookie came to
            a route that is no page.
        Refused: a body of the API is not JSON.
    """
    scope: Any = connection.scope
    page = handler.opt.get(COOKIE_ROUTE) is True
    if not page and scope["state"].get(BY_COOKIE):
        raise ForeignForm("The API takes no cookies; send a token.")
    if scope["method"] in SAFE:
        return
    if page:
        token = not handler.opt.get(BEGINS_SESSION)
        await check_form(cast("AnyRequest", connection), token=token)
    else:
        check_media_type(connection, handler)
