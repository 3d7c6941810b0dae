"""Following a stream while its server goes away and comes back."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typing_extensions import override

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.credentials import Credentials

FIRST = b'id: 5\nevent: output\ndata: {"text": "one"}\n\n'
LAST = b"id: 9\nevent: end\ndata: {}\n\n"


class Forgetful(BaseHTTPRequestHandler):
    """Ends the first answer in its middle; goes on where the second one asks."""

    asked_after: list[str | None]

    def do_GET(self) -> None:
        self.asked_after.append(self.headers["Last-Event-ID"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(FIRST if len(self.asked_after) == 1 else LAST)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def forgetful() -> Iterator[ThreadingHTTPServer]:
    Forgetful.asked_after = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forgetful)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_stream_goes_on_where_it_broke_and_says_so_once(
    forgetful: ThreadingHTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("FAIRLEAD_URL", "FAIRLEAD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    client = Client(Credentials(url=f"http://127.0.0.1:{forgetful.server_port}"))
    events = [event.name for event in client.stream("/feed")]

    assert events == ["output", "end"]
    assert Forgetful.asked_after == ["0", "5"]
    told = capsys.readouterr().err.splitlines()
    assert told == ["connection lost, waiting for the server", "connected again"]
