"""Strangers and other sites against a running server."""

import json
import socket
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest

from fairlead.testing.server import PASSWORD, TestServer, make_repository, test_server

MIB = 1024 * 1024
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content_Type": "application/json"}
LOGIN = "/api/v1/auth/login"
WAITING = """version: 1
build:
  steps:
    - {name: wait, run: "echo waiting for nothing; sleep 600"}
"""


@dataclass(frozen=True)
class Told:
    """What a request was answered with."""

    status: int
    headers: Message
    body: bytes


def ask(
    server: TestServer, method: str, path: str, body: str = "", **headers: str
) -> Told:
    """Send one request, its path as it is, and return the answer."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(connection):
        connection.request(method, path, body=body or None, headers=sent)
        answer = connection.getresponse()
        return Told(answer.status, answer.headers, answer.read())


def cookie_of(server: TestServer) -> str:
    """Log in as a browser does and return its cookie."""
    form = urlencode({"username": "admin", "password": PASSWORD, "next": "/"})
    answer = ask(server, "POST", "/login", form, **FORM)
    return str(answer.headers["Set-Cookie"]).partition(";")[0]


@pytest.mark.parametrize(
    "path", ["/api/v1/users", "//api/v1/users", "///api/v1/users", "//%61pi/v1/users"]
)
def test_a_browsers_cookie_opens_no_route_of_the_api(
    server: TestServer, path: str
) -> None:
    """So a form on another site, which sends it along, changes nothing."""
    cookie = cookie_of(server)
    assert ask(server, "GET", "/", Cookie=cookie).status == 200
    body = json.dumps({"name": "mallory", "password": "correct horse battery"})
    made = ask(server, "POST", path, body, Cookie=cookie, Content_Type="text/plain")
    read = ask(server, "GET", path, Cookie=cookie)

    assert made.status in {401, 404, 415}
    assert read.status in {401, 404}
    assert "mallory" not in json.dumps(server.data("users", "list"))


def test_a_form_of_another_site_changes_nothing(server: TestServer) -> None:
    cookie = cookie_of(server)
    for headers in ({}, {"Origin": "https://evil.example"}):
        body = urlencode({"name": "evil", "repository": "/tmp"})  # noqa: S108
        answer = ask(
            server, "POST", "/projects", body, Cookie=cookie, **FORM, **headers
        )
        assert answer.status == 403


def test_a_form_of_too_many_fields_is_not_taken_apart(server: TestServer) -> None:
    """A stranger's megabyte of them would keep everybody waiting."""
    begun = urlencode({"username": "admin", "password": PASSWORD})
    few = ask(server, "POST", "/login", begun + "&a=" * 1_000, **FORM)
    many = ask(server, "POST", "/login", begun + "&a=" * 6_000, **FORM)

    assert (few.status, many.status) == (303, 422)


def test_a_name_that_was_made_to_point_here_gets_nothing(server: TestServer) -> None:
    for path in ("/", "/metrics", "/api/v1/me", "/openapi.json"):
        assert ask(server, "GET", path, Host="evil.example").status == 421


@pytest.mark.parametrize(
    "line", [b"a: b\r\n" * 4_000_000, b"a: " + b"b" * 48 * MIB], ids=["many", "long"]
)
def test_headers_without_end_cost_no_memory(server: TestServer, line: bytes) -> None:
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sock:
        try:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + line)
            answer = sock.recv(64)
        except ConnectionError:  # it was closed while we still sent
            answer = b""

    assert not answer.startswith(b"HTTP/1.1 200")
    assert process.memory_info().rss - before < 64 * MIB
    assert ask(server, "GET", "/healthz").status == 200


@pytest.mark.parametrize(
    "field",
    [
        "Host: localhost",
        "Authorization: Bearer a.b.c",
        "Cookie: a=b",
        "Content-Type: x",
    ],
)
def test_what_stands_there_twice_is_not_guessed(server: TestServer, field: str) -> None:
    """A proxy in front might have looked at the other one."""
    line = f"{field}\r\n".encode()
    host = b"" if field.startswith("Host") else b"Host: localhost\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sock:
        sock.sendall(b"GET /api/v1/me HTTP/1.1\r\n" + host + line + line + b"\r\n")
        answer = sock.recv(4096)

    assert answer.startswith(b"HTTP/1.1 400"), answer


def test_bodies_and_numbers_without_sense_are_the_callers_fault(
    server: TestServer,
) -> None:
    deep = ask(server, "POST", LOGIN, "[" * 100_000, **JSON)
    text = ask(server, "POST", LOGIN, "{}", Content_Type="text/plain")

    assert deep.status == 400
    assert text.status == 415


def test_a_stream_ends_whole_and_at_once_with_the_server(tmp_path: Path) -> None:
    """Its reader can resume later; nothing is logged as a failure."""
    (tmp_path / "server").mkdir()
    repository = make_repository(tmp_path / "repository", {".fairlead.yaml": WAITING})
    with test_server(tmp_path / "server") as server:
        body = json.dumps({"username": "admin", "password": PASSWORD})
        pair = json.loads(ask(server, "POST", LOGIN, body, **JSON).body)
        token = f"Bearer {pair['access_token']}"
        project = json.dumps({"name": "waiting", "repository": str(repository)})
        ask(server, "POST", "/api/v1/projects", project, Authorization=token, **JSON)
        path = "/api/v1/projects/waiting/runs"
        run = json.loads(
            ask(server, "POST", path, "{}", Authorization=token, **JSON).body
        )
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sock:
            sock.sendall(
                f"GET /api/v1/runs/{run['id']}/logs HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: {token}\r\n\r\n".encode()
            )
            seen = b""
            while b"waiting for nothing" not in seen:
                seen += sock.recv(65536)
            assert server.stop() == 0
            while data := sock.recv(65536):
                seen += data

    assert seen.endswith(b"0\r\n\r\n")
    assert "Traceback" not in server.text
    assert "timeout graceful shutdown" not in server.text
