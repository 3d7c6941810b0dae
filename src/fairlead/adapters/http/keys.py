"""The `Idempotency-Key` header."""

import hashlib
from typing import Any

import msgspec
from litestar import Request

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.idempotency import RequestKey

HEADER = "Idempotency-Key"
MAX_LENGTH = 200


class BadKey(FairleadError):
    """The idempotency key is too long or has characters that are not printable."""

    kind = ErrorKind.INVALID
    code = "idempotency.bad_key"


def request_key(request: Request[Any, Any, Any], body: object) -> RequestKey | None:
    """Return the request's key with a digest of path and `body`; None without one.

    Raises:
        BadKey: the header's value is empty, too long or not printable ASCII.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= MAX_LENGTH or not (key.isascii() and key.isprintable()):
        raise BadKey(f"Send a key of 1 to {MAX_LENGTH} printable characters.")
    asked = msgspec.json.encode([request.url.path, body], order="sorted")
    return RequestKey(key=key, digest=hashlib.sha256(asked).hexdigest())
