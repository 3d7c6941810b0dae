"""Which paths of requests are taken at all: those with one way to read them."""

import re

_CROOKED = re.compile(r"//|/\.{1,2}(?:/|$)|[\\\x00-\x1f\x7f]")
_HIDDEN = re.compile(rb"%(?:2f|5c)", re.IGNORECASE)


def crooked(path: str, raw: bytes) -> bool:
    """Tell whether parts that look at the path could see different ones.

    The router reads `//a` as `/a`, and proxies read `/b/../a` so; whoever asks for
    such a path asks for nothing we have. `path` is decoded, `raw` as it was sent.
    """
    return _CROOKED.search(path) is not None or (
        b"%" in raw and _HIDDEN.search(raw) is not None
    )
