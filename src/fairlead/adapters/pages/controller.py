"""What all page controllers share: cookies say who it is, errors are pages."""

from typing import Any
from urllib.parse import quote

import structlog
from litestar import Controller, Response
from litestar.exceptions import HTTPException
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send
from typing_extensions import override

from fairlead.adapters.http.problems import sentence, unparsed, wait_of, without_paths
from fairlead.adapters.http.routes import COOKIE_ROUTE
from fairlead.adapters.pages.forms import SAFE, AnyRequest, came_from
from fairlead.adapters.pages.pages import Pages, Sheet, go, html
from fairlead.kernel.errors import ErrorKind, FairleadError

STATUS = {
    ErrorKind.INVALID: 422,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.THROTTLED: 429,
    ErrorKind.UNAVAILABLE: 503,
}
SERVER_FAULT = 500


def page_error(request: AnyRequest, error: Exception) -> Response[Any]:
    """Turn an error into a page, or into the way to the log in."""
    status = _status(error)
    if status == STATUS[ErrorKind.UNAUTHENTICATED]:
        return go(login_path(request))
    if status >= SERVER_FAULT and not isinstance(error, FairleadError):
        structlog.get_logger("fairlead.pages").error(
            "page_failed", path=request.url.path, exc_info=error
        )
    return ErrorPage(status, _message(request, error, status), wait=wait_of(error))


def page_or_problem(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """Show what the framework refused: a page to people, a problem to programs."""
    return (page_error if wants_page(request) else unparsed)(request, error)


def wants_page(request: AnyRequest) -> bool:
    """Tell whether a person's browser asks, outside the API."""
    path, accepted = request.url.path, request.headers.get("accept", "")
    return "text/html" in accepted and not path.startswith("/api/")


def login_path(request: AnyRequest) -> str:
    """Return the log in that leads back to the page asked for."""
    if request.method != "GET" or request.url.path == "/":
        return "/login"
    wanted = request.url.path
    if request.url.query:
        wanted += f"?{request.url.query}"
    return f"/login?next={quote(wanted, safe='/')}"


def _status(error: Exception) -> int:
    if isinstance(error, FairleadError):
        return STATUS[error.kind]
    if isinstance(error, HTTPException):
        return error.status_code
    return SERVER_FAULT


def _message(request: AnyRequest, error: Exception, status: int) -> str:
    if isinstance(error, FairleadError):
        unavailable = error.kind is ErrorKind.UNAVAILABLE
        return without_paths(error.message) if unavailable else error.message
    if isinstance(error, HTTPException) and status < SERVER_FAULT:
        return sentence(request, error)
    return "Something went wrong in the server; its log has the details."


class ErrorPage(Response[None]):
    """A page that says what failed and what to do next."""

    def __init__(self, status: int, message: str, *, wait: int | None = None) -> None:
        """Show `message`, one sentence; programs are told to `wait`, in seconds."""
        super().__init__(None, status_code=status)
        self._wait = wait
        self._message = message

    @override
    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        request: AnyRequest = options["request"]

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            response = await self._page(request)
            if self._wait is not None:
                response.headers["Retry-After"] = str(self._wait)
            ready = response.to_asgi_response(app=None, request=request)
            await ready(scope, receive, send)

        return answer  # type: ignore[return-value]

    async def _page(self, request: AnyRequest) -> Response[str]:
        status = self.status_code or SERVER_FAULT
        sheet = Sheet(
            template="console/error.html", title=_title(status), status=status
        )
        request_id = getattr(request.state, "request_id", "") or ""
        container = getattr(request.state, "dishka_container", None)
        if container is None:
            return html(f"<!doctype html><title>{sheet.title}</title>", status=status)
        pages = await container.get(Pages)
        request_id = request_id or pages.who.origin.request_id
        shown: Response[str] = await pages.show(
            request,
            sheet,
            message=self._message,
            request_id=request_id,
            back="" if request.method in SAFE else came_from(request),
        )
        return shown


def _title(status: int) -> str:
    titles = {403: "Not allowed", 404: "Not found", 409: "Not possible now"}
    titles |= {422: "Not valid", 429: "Too many requests", 503: "Not available now"}
    return titles.get(status, "This did not work")


class PageController(Controller):
    """Routes that answer with pages."""

    opt = {COOKIE_ROUTE: True}  # noqa: RUF012 - as the framework declares it
    exception_handlers = {  # noqa: RUF012 - as the framework declares it
        FairleadError: page_error,
        HTTPException: page_error,
        Exception: page_error,
    }
    include_in_schema = False
