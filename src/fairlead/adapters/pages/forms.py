"""What guards the console's forms: same-origin checks and tokens of the session."""

import hashlib
import hmac
from typing import Any
from urllib.parse import urlsplit

from litestar import Request

from fairlead.kernel.errors import ErrorKind, FairleadError

AnyRequest = Request[Any, Any, Any]

SESSION_COOKIE = "fairlead_session"
TOKEN_FIELD = "form_token"  # noqa: S105 - a field's name
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ForeignForm(FairleadError):
    """A form did not come from a page of this session."""

    kind = ErrorKind.FORBIDDEN
    code = "console.foreign_form"


def form_token(cookie: str) -> str:
    """Return the token that forms of the session behind `cookie` carry."""
    return hmac.new(cookie.encode(), b"fairlead form", hashlib.sha256).hexdigest()


async def check_form(request: AnyRequest) -> None:
    """Refuse a changing request that no page of ours sent.

    Raises:
        ForeignForm: it comes from another site, or lacks the session's token.
    """
    if request.method in _SAFE:
        return
    if not same_origin(request):
        raise ForeignForm("This form came from another site; open the page again.")
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie is None or request.url.path == "/login":
        return
    given = str((await request.form()).get(TOKEN_FIELD, ""))
    if not hmac.compare_digest(given.encode(), form_token(cookie).encode()):
        raise ForeignForm(
            "This page is from an older session; reload it and try again."
        )


def same_origin(request: AnyRequest) -> bool:
    """Tell whether the browser says that a page of this server sent the request.

    Browsers send `Sec-Fetch-Site` or `Origin`; what sends neither is no browser.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc == request.headers.get("host", "")


async def field(request: AnyRequest, name: str) -> str:
    """Return one field of the request's form, trimmed; empty when it is missing."""
    return str((await request.form()).get(name, "")).strip()


def local_path(path: str | None) -> str:
    """Return `path` when it leads to a page of ours, else `/`."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")):
        return "/"
    if any(ord(letter) < ord(" ") or letter == "\\" for letter in path):
        return "/"
    parts = urlsplit(path)
    return path if not parts.scheme and not parts.netloc else "/"
