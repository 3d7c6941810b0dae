"""The `Idempotency-Key` header."""

import hashlib
from typing import Any

import msgspec
from litestar import Request

from fairlead.kernel.idempotency import RequestKey

HEADER = "Idempotency-Key"


def request_key(request: Request[Any, Any, Any], body: object) -> RequestKey | None:
    """Return the request's key with a digest of path and `body`; None without one.

    Raises:
        BadKey: the header's value is empty, too long or not printable ASCII.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    asked = msgspec.json.encode([request.url.path, body], order="sorted")
    return RequestKey(key=key, digest=hashlib.sha256(asked).hexdigest())
