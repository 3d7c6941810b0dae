"""The id by which work is followed across services (W3C Trace Context)."""

import os
import re

_PARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})"
    r"-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?P<more>-.*)?"
)


def trace_id(traceparent: str) -> str:
    """Return the trace id that a caller's `traceparent` names, else a new one.

    32 lowercase hexadecimal digits; what is no `traceparent` is as if it were missing.
    """
    found = _PARENT.fullmatch(traceparent) if traceparent else None
    if found is None or (found["version"] == "00" and found["more"]):
        return os.urandom(16).hex()
    return found["trace"]
