"""What guards the console's forms: same-origin checks and tokens of the session."""

import hashlib
import hmac
from typing import Any
from urllib.parse import urlsplit

from litestar import Request

from fairlead.adapters.http.cookies import noted_cookie
from fairlead.kernel.errors import ErrorKind, FairleadError

AnyRequest = Request[Any, Any, Any]

TOKEN_FIELD = "form_token"  # noqa: S105 - a field's name
MOST_FIELDS = 5_000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ForeignForm(FairleadError):
    """A form did not come from a page of this session."""

    kind = ErrorKind.FORBIDDEN
    code = "console.foreign_form"


def session_cookie(request: AnyRequest) -> str:
    """Return the cookie the caller was looked for by; empty: there is none."""
    return noted_cookie(request.scope)


def form_token(cookie: str) -> str:
    """Return the token that forms of the session behind `cookie` carry."""
    return hmac.new(cookie.encode(), b"fairlead form", hashlib.sha256).hexdigest()


class TooManyFields(FairleadError):
    """A form has more fields than any of ours."""

    kind = ErrorKind.INVALID
    code = "console.too_many_fields"


async def check_form(request: AnyRequest, *, token: bool = True) -> None:
    """Refuse a changing request that no page of ours sent.

    With `token`, one that has a cookie must also have the token of its session.

    Raises:
        ForeignForm: it comes from another site, or lacks the session's token.
        TooManyFields: taking it apart would keep others waiting.
    """
    if request.method in SAFE:
        return
    if not same_origin(request):
        raise ForeignForm("This form came from another site; open the page again.")
    if (await request.body()).count(b"&") > MOST_FIELDS:
        raise TooManyFields(f"Send at most {MOST_FIELDS} fields.", most=MOST_FIELDS)
    cookie = session_cookie(request)
    if not cookie or not token:
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


def came_from(request: AnyRequest) -> str:
    """Return the page of ours that a form was sent from; `/` where nobody says so."""
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.headers.get("host", ""):
        return "/"
    return local_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def local_path(path: str | None) -> str:
    """Return `path` when it leads to a page of ours, else `/`."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")):
        return "/"
    if any(ord(letter) < ord(" ") or letter == "\\" for letter in path):
        return "/"
    parts = urlsplit(path)
    return path if not parts.scheme and not parts.netloc else "/"
