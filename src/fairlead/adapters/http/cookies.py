"""The cookie of a browser session: its name, and what of a request knows it."""

from collections.abc import Mapping, MutableMapping
from typing import Any

NAME = "fairlead_session"
BY_COOKIE = "by_cookie"  # of a request's state: the cookie says who is calling
_COOKIE = "cookie"


def cookie_name(scheme: str) -> str:
    """Return the name; over TLS one that no other host and no plain page can set."""
    return f"__Host-{NAME}" if scheme == "https" else NAME


def cookie_in(headers: Mapping[bytes, bytes], scheme: str) -> str:
    """Return the cookie a request brought along; empty: none."""
    wanted = cookie_name(scheme)
    for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted:
            return value
    return ""


def note_cookie(scope: MutableMapping[str, Any], cookie: str) -> None:
    """Keep the cookie that was looked at, so that all look at the same."""
    scope["state"][_COOKIE] = cookie


def noted_cookie(scope: Mapping[str, Any]) -> str:
    """Return what was kept; empty: the request has none that counts."""
    return str(scope.get("state", {}).get(_COOKIE, ""))
