"""The least that can stream to many: an ASGI app on uvicorn, as a peer for feeds.

`python -m benchmarks.bare` says its port and sends one message a second to everyone.
"""

import asyncio
import socket
import time
from typing import Any

import uvicorn

HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Send each message of the clock until the reader goes."""
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send(_part(b": welcome\n\n"))
    while True:
        await asyncio.sleep(1 - time.time() % 1)
        message = b'data: {"text":"tick %.6f\\n"}\n\n' % int(time.time())
        await send(_part(message))


def _part(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}


def main() -> None:
    """Serve until killed."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", log_level="error", lifespan="off"
        )
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
