"""Callers of a running server: programs with a token, browsers with a cookie."""

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from fairlead.adapters.pages.forms import TOKEN_FIELD, form_token
from fairlead.testing.server import PASSWORD, eventually

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
LONGEST = 1_000_000
OK, TOO_MANY = 200, 429


@dataclass(frozen=True, slots=True)
class Told:
    """What a request was answered with; of a stream that has not ended, no body."""

    status: int
    kind: str
    body: bytes
    cookie: str = ""

    def json(self) -> Any:
        """Return the body's value."""
        return json.loads(self.body)


@dataclass(slots=True)
class Person:
    """Somebody who calls a server; with an empty `name`, nobody."""

    port: int
    name: str = ""
    password: str = PASSWORD
    token: str = ""
    cookie: str = ""

    def log_in(self) -> "Person":
        """Get a token for the API and a cookie for the console."""
        if self.name:
            body = {"username": self.name, "password": self.password}
            self.token = self.cookie = ""
            told = eventually(partial(self._asked_in, body), "log-ins are counted out")
            self.token = told.json()["access_token"]
            self.cookie = self.submit("/login", {**body, "next": "/"}).cookie
        return self

    def stay(self) -> None:
        """Log in again where a session has ended."""
        if self.name and not (
            self.call("GET", "/api/v1/me").status == self.look("/find").status == OK
        ):
            self.log_in()

    def _asked_in(self, body: Mapping[str, str]) -> Told | None:
        told = self.call("POST", "/api/v1/auth/login", body)
        if told.status not in {OK, TOO_MANY}:
            raise AssertionError(told)
        return told if told.status == OK else None

    def call(self, method: str, path: str, body: Any = None, kind: str = JSON) -> Told:
        """Call the API with a body of the media type `kind`."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            headers["Content-Type"] = kind
            body = urlencode(body) if kind == FORM else json.dumps(body)
        return self._send(method, path, body, headers)

    def look(self, path: str) -> Told:
        """Open a page of the console."""
        return self._send("GET", path, None, self._browser())

    def submit(self, path: str, fields: Mapping[str, str]) -> Told:
        """Send a form of the console."""
        headers = {**self._browser(), "Content-Type": FORM}
        token = {}
        if self.cookie:
            token = {TOKEN_FIELD: form_token(self.cookie.partition("=")[2])}
        return self._send("POST", path, urlencode({**fields, **token}), headers)

    def _browser(self) -> dict[str, str]:
        site = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        return {**site, "Cookie": self.cookie} if self.cookie else site

    def _send(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> Told:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with closing(connection):
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            kind = (answer.getheader("Content-Type") or "").partition(";")[0]
            cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
            stream = kind == "text/event-stream"
            read = b"" if stream else answer.read(LONGEST)
            return Told(answer.status, kind, read, cookie)
