"""Failures as RFC 9457 problem details."""

import http
import math
import re
from typing import Any
from uuid import UUID

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from fairlead.kernel.errors import Detail, ErrorKind, FairleadError
from fairlead.kernel.ids import new_id

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
WAIT = 5  # seconds, where nothing better is known of what is not available
STATUS = {
    ErrorKind.INVALID: 422,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.THROTTLED: 429,
    ErrorKind.UNAVAILABLE: 503,
}


class Refused(HTTPException):
    """What the edge itself does not take; `code` is stable, as elsewhere."""

    def __init__(
        self, status: int, code: str, title: str, *, retry_after: int | None = None
    ) -> None:
        """Answer with `status` and one sentence."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        super().__init__(title, status_code=status, headers=headers)
        self.code = code
        self.retry_after = retry_after

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the problem details."""
        body: dict[str, Any] = {
            "type": f"urn:fairlead:{self.code}",
            "title": self.detail,
            "status": self.status_code,
            "code": self.code,
            "request_id": request_id,
        }
        if self.retry_after is not None:
            body["retry_after"] = self.retry_after
        return body


def body_of(error: FairleadError, *, request_id: str) -> dict[str, Any]:
    """Return the problem details of a foreseen failure."""
    details = {key: value for key, value in error.details.items() if key not in _OWN}
    title = error.message
    if error.kind is ErrorKind.UNAVAILABLE:  # it is the log that says where
        title = without_paths(title)
        details = {key: _shown(value) for key, value in details.items()}
    if (wait := wait_of(error)) is not None:
        details["retry_after"] = wait
    return {
        "type": f"urn:fairlead:{error.code}",
        "title": title,
        "status": STATUS[error.kind],
        "code": error.code,
        **details,
        "request_id": request_id,
    }


def wait_of(error: Exception) -> int | None:
    """Return after how many seconds the same request may well succeed; None: never."""
    if not isinstance(error, FairleadError):
        return None
    known = error.details.get("retry_after")
    if isinstance(known, int | float):
        return math.ceil(known)
    return WAIT if error.kind is ErrorKind.UNAVAILABLE else None


_OWN = {"type", "title", "status", "code", "request_id"}
_PATH = re.compile(r"(?<![\w:/.])/(?:[^\s/:;,'\"]+/)*[^\s/:;,'\"]+")


def without_paths(text: str) -> str:
    """Return `text` with files named by their last part only."""
    return _PATH.sub(lambda found: found[0].rpartition("/")[2], text)


def _shown(value: Detail) -> Detail:
    return without_paths(value) if isinstance(value, str) else value


def foreseen(request: Request[Any, Any, Any], error: FairleadError) -> Response[Any]:
    """Show a failure we foresaw, without its traceback."""
    status = STATUS[error.kind]
    if error.kind is ErrorKind.UNAVAILABLE:
        log.warning(
            "request_refused", code=error.code, status=status, why=error.message
        )
    else:
        log.info("request_refused", code=error.code, status=status)
    headers = {}
    if status == http.HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="fairlead"'
    if (wait := wait_of(error)) is not None:
        headers["Retry-After"] = str(wait)
    body = body_of(error, request_id=request_id(request.scope))
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def unparsed(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Show what the framework refused: no such route, a body that does not parse."""
    if isinstance(error, Refused):
        return Response(
            error.body(request_id(request.scope)),
            status_code=error.status_code,
            media_type=MEDIA_TYPE,
            headers=error.headers,
        )
    status = error.status_code
    phrase = http.HTTPStatus(status).phrase.lower().replace(" ", "_")
    body: dict[str, Any] = {
        "type": f"urn:fairlead:http.{phrase}",
        "title": sentence(request, error),
        "status": status,
        "code": f"http.{phrase}",
        "request_id": request_id(request.scope),
    }
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        body["errors"] = [_field(entry) for entry in error.extra]
    headers = {
        name: value
        for name, value in (error.headers or {}).items()
        if name.lower() in {"allow", "retry-after"}
    }
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def sentence(request: Request[Any, Any, Any], error: HTTPException) -> str:
    """Return what to say of what the framework, or the edge itself, refused."""
    if isinstance(error, Refused):
        return str(error.detail)
    if error.status_code == http.HTTPStatus.NOT_FOUND:
        return f"There is nothing at {request.url.path}."
    if error.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{request.method} is not possible at {request.url.path}."
    if isinstance(error, ValidationException):
        return "The request does not have the form this address takes."
    return str(error.detail)


def _field(entry: object) -> dict[str, str]:
    if not isinstance(entry, dict):
        return {"message": str(entry)}
    return {
        key: str(entry[key]) for key in ("key", "source", "message") if key in entry
    }


def unforeseen(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Log a bug once, with its traceback, and show only its id."""
    error_id = new_id()
    log.error(
        "request_failed",
        error_id=str(error_id),
        method=request.method,
        path=request.url.path,
        exc_info=error,
    )
    return Response(
        bug(error_id, request_id(request.scope)), status_code=500, media_type=MEDIA_TYPE
    )


def bug(error_id: UUID, request: str) -> dict[str, Any]:
    """Return the problem details of a bug of ours."""
    return {
        "type": "urn:fairlead:internal",
        "title": "Something went wrong on our side; the log has the error id.",
        "status": 500,
        "code": "internal",
        "error_id": str(error_id),
        "request_id": request,
    }


def request_id(scope: Any) -> str:
    """Return the request's id, set by the edge layer."""
    return str(scope.get("state", {}).get("request_id", ""))
