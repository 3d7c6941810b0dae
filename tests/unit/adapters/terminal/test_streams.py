"""What the client makes of a stream that the server ends."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from typing_extensions import override

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.credentials import Credentials
from fairlead.adapters.terminal.errors import Refused

CLOSED = b'event: closed\ndata: {"reason": "no"}\n\n'
OUTPUT = b'id: 7\nevent: output\ndata: {"text": "a"}\n\n'
END = b'id: 9\nevent: end\ndata: {"at": 1}\n\n'


class Script(BaseHTTPRequestHandler):
    """Answers with one part of the script after the other."""

    parts: ClassVar[list[tuple[int, bytes]]] = []
    resumed: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.resumed.append(self.headers["Last-Event-ID"])
        status, body = self.parts.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.delenv("FAIRLEAD_URL", raising=False)
    monkeypatch.delenv("FAIRLEAD_TOKEN", raising=False)
    Script.resumed.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Script)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    yield Client(Credentials(url=f"http://127.0.0.1:{server.server_port}"))
    server.shutdown()
    serving.join()
    server.server_close()


def test_a_closed_stream_is_resumed_where_it_was(client: Client) -> None:
    """A token whose time is over is no reason to stop."""
    Script.parts[:] = [(200, OUTPUT + CLOSED), (200, END)]

    assert [event.name for event in client.stream("/feed")] == ["output", "end"]
    assert Script.resumed == ["0", "7"]


def test_a_stream_that_may_no_longer_be_read_says_so(client: Client) -> None:
    problem = b'{"title": "There is no such run.", "code": "runs.not_found"}'
    Script.parts[:] = [(200, OUTPUT + CLOSED), (404, problem)]

    with pytest.raises(Refused, match=r"The server ended the stream: There is no"):
        list(client.stream("/feed"))
