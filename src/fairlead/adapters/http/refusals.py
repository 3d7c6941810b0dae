"""What a connection is told that breaks a limit, before there is a request."""

import json

TITLES = {
    400: "This is no HTTP/1.1 request.",
    408: "The request took too long to arrive.",
    414: "The address is too long.",
    431: "The request's header fields are too large or too many.",
    503: "There are too many connections; try again later.",
}
PHRASES = {
    400: "Bad Request",
    408: "Request Timeout",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


def refusal(status: int) -> bytes:
    """Return a whole answer, after which the connection is closed."""
    phrase = PHRASES[status]
    code = f"http.{phrase.lower().replace(' ', '_')}"
    body = json.dumps(
        {
            "type": f"urn:fairlead:{code}",
            "title": TITLES[status],
            "status": status,
            "code": code,
        }
    )
    return (
        f"HTTP/1.1 {status} {phrase}\r\n"
        "content-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\n"
        "connection: close\r\n"
        f"\r\n{body}"
    ).encode()
