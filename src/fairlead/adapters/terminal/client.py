"""A small client of the HTTP API, on the standard library so that it starts at once."""

import http.client
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import click

from fairlead.adapters.terminal import credentials
from fairlead.adapters.terminal.credentials import Credentials
from fairlead.adapters.terminal.errors import INTERNAL, Refused, refused

UNREACHABLE = 6
TIMEOUT_SECONDS = 60.0
STREAM_TIMEOUT_SECONDS = 45.0  # the server sends a comment every 15 s
RENEW_BEFORE_SECONDS = 30.0
RETRIES = 20
FORM = "application/x-www-form-urlencoded"
NOT_GOOD = "auth.unauthenticated"


@dataclass(frozen=True, slots=True)
class SentEvent:
    """A server-sent event: the offset to resume after, its name, its data."""

    id: int
    name: str
    data: dict[str, Any]


class _Closed(http.client.HTTPException):
    """The server looked again whether we may read a stream, and ended it."""


@dataclass(slots=True)
class Client:
    """Talks to one server as one caller.

    FAIRLEAD_URL and FAIRLEAD_TOKEN go before what `fairlead login` kept.
    """

    kept: Credentials = field(default_factory=credentials.load)
    lost: bool = False  # whether a stream waits for the server to come back

    @property
    def url(self) -> str:
        """Return the server's address without a slash at its end."""
        return credentials.address(os.environ.get("FAIRLEAD_URL") or self.kept.url)

    def get(self, path: str, **query: object) -> Any:
        """Return the JSON at `path`.

        Raises:
            Refused: the server said no or cannot be reached.
        """
        return self.request("GET", path + _query(query))

    def post(
        self, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Send `body` as JSON and return the answer's JSON."""
        return self.request("POST", path, body, headers)

    def post_form(self, path: str, fields: Mapping[str, str]) -> Any:
        """Send `fields` as a form, which some standards ask for."""
        return self.request("POST", path, fields, {"Content-Type": FORM})

    def put(self, path: str, body: object) -> Any:
        """Replace what is at `path`."""
        return self.request("PUT", path, body)

    def patch(self, path: str, body: object) -> Any:
        """Change some of what is at `path`."""
        return self.request("PATCH", path, body)

    def delete(self, path: str) -> None:
        """Remove what is at `path`."""
        self.request("DELETE", path)

    def items(
        self, path: str, *, limit: int, every: bool, **query: object
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Return the items of a list and where it goes on; all of them with `every`."""
        found: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = self.get(path, limit=limit, after=after, **query)
            found += page["items"]
            after = page.get("next")
            if not every or after is None:
                return found, after

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send one request and return the JSON of its answer; None for an empty one.

        Raises:
            Refused: the server said no or cannot be reached.
        """
        token = self._token()
        response = self._send(method, path, body, headers or {}, TIMEOUT_SECONDS)
        data = response.read()
        if self._outdated(response, data, token):
            self._renew(token)
            response = self._send(method, path, body, headers or {}, TIMEOUT_SECONDS)
            data = response.read()
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            raise refused(response.status, _problem(data))
        return json.loads(data) if data else None

    def _outdated(
        self, response: http.client.HTTPResponse, data: bytes, token: str
    ) -> bool:
        """Tell whether it is our token that is not good, before its time is over.

        So it is when the keys were rotated at once: the session may go on.
        """
        return (
            response.status == http.HTTPStatus.UNAUTHORIZED
            and token != ""
            and token == self.kept.access_token
            and self.kept.refresh_token != ""
            and _problem(data).get("code") == NOT_GOOD
        )

    def text(self, path: str) -> Iterator[bytes]:
        """Yield a raw answer in chunks."""
        response = self._send("GET", path, None, {}, TIMEOUT_SECONDS)
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            raise refused(response.status, _problem(response.read()))
        while chunk := response.read(65536):
            yield chunk

    def stream(self, path: str, *, after: int = 0) -> Iterator[SentEvent]:
        """Yield events until `end`; a broken connection is taken up where it broke.

        While the server is away that is said on stderr, once. A stream that it closed
        because the token's time is over goes on with the next token; when the caller
        may no longer read it, that is said.

        Raises:
            Refused: the server said no, or stayed away for too long.
        """
        failures, closed = 0, False
        while True:
            try:
                for event in self._stream_once(path, after):
                    after, failures = event.id, 0
                    yield event
            except (OSError, http.client.HTTPException, Refused) as error:
                failures += 1
                self._give_up(error, failures, closed=closed)
                closed = isinstance(error, _Closed)
                self._say_lost(lost=not closed)
                time.sleep(min(0.1 * 2**failures, 2.0))
            else:
                return

    def _give_up(self, error: Exception, failures: int, *, closed: bool) -> None:
        """Raise when asking again is of no use."""
        if isinstance(error, Refused):
            if error.exit_code == UNREACHABLE and failures <= RETRIES:
                return
            if closed:
                raise Refused(
                    f"The server ended the stream: {error.message}",
                    exit_code=error.exit_code,
                    status=error.status,
                    code=error.code,
                    hint=error.hint,
                    problem=error.problem,
                ) from error
            raise error
        if failures > RETRIES:
            raise self._unreachable(error) from error

    def _say_lost(self, *, lost: bool) -> None:
        if lost is not self.lost:
            words = (
                "connection lost, waiting for the server" if lost else "connected again"
            )
            click.secho(words, dim=True, err=True)
        self.lost = lost

    def _stream_once(self, path: str, after: int) -> Iterator[SentEvent]:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        response = self._send(
            "GET", path, None, headers, STREAM_TIMEOUT_SECONDS, raw=True
        )
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            raise refused(response.status, _problem(response.read()))
        self._say_lost(lost=False)
        fields: dict[str, str] = {}
        ended = False
        for raw in response:
            line = raw.decode().rstrip("\n")
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
            elif not line and fields.get("event") == "closed":
                raise _Closed
            elif not line and "data" in fields:
                event = SentEvent(
                    int(fields["id"]), fields["event"], json.loads(fields["data"])
                )
                fields = {}
                ended = event.name == "end"
                yield event
        if not ended and "follow=false" not in path:
            raise http.client.IncompleteRead(b"")

    def _send(
        self,
        method: str,
        path: str,
        body: object,
        headers: Mapping[str, str],
        timeout: float,
        *,
        raw: bool = False,
    ) -> http.client.HTTPResponse:
        sent = {"Accept": "application/json", "User-Agent": "fairlead", **headers}
        token = self._token()
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            if isinstance(body, Mapping) and sent.get("Content-Type") == FORM:
                data = urlencode(body).encode()
            sent.setdefault("Content-Type", "application/json")
        try:
            connection = self._connect(timeout)
            connection.request(method, path, body=data, headers=sent)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            if raw:
                raise
            raise self._unreachable(error) from error

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Refused(f"'{self.url}' is no http or https address.", exit_code=2)
        kind = (
            http.client.HTTPSConnection
            if parts.scheme == "https"
            else http.client.HTTPConnection
        )
        return kind(parts.hostname, parts.port, timeout=timeout)

    def _token(self) -> str:
        given = os.environ.get("FAIRLEAD_TOKEN")
        if given:
            return given
        if not self.kept.refresh_token or self._elsewhere():
            return ""
        if self.kept.access_expires - time.time() < RENEW_BEFORE_SECONDS:
            self._renew()
        return self.kept.access_token

    def _elsewhere(self) -> bool:
        """Tokens go only to the server that gave them."""
        return self.url != credentials.address(self.kept.url)

    def _renew(self, refused_token: str = "") -> None:
        """Get a new pair, unless somebody else just did."""
        with credentials.locked():
            self.kept = credentials.load()
            fresh = self.kept.access_expires - time.time() >= RENEW_BEFORE_SECONDS
            if fresh and self.kept.access_token != refused_token:
                return
            token, self.kept = (
                self.kept.refresh_token,
                replace(self.kept, refresh_token=""),
            )
            try:
                pair = self.post("/api/v1/auth/refresh", {"refresh_token": token})
            except Refused as error:
                if error.status != http.HTTPStatus.UNAUTHORIZED:
                    raise
                raise Refused(
                    "Your log in has expired.",
                    exit_code=4,
                    status=error.status,
                    hint="log in with: fairlead login",
                ) from error
            self.keep(pair, self.kept.username)

    def keep(self, pair: dict[str, Any], username: str) -> None:
        """Keep a pair of tokens for the next commands."""
        self.kept = Credentials(
            url=self.url,
            username=username,
            access_token=pair["access_token"],
            access_expires=_seconds(pair["access_expires_at"]),
            refresh_token=pair["refresh_token"],
        )
        credentials.save(self.kept)

    def _unreachable(self, error: Exception) -> Refused:
        return Refused(
            f"No answer from {self.url}: {error}.",
            exit_code=UNREACHABLE,
            hint="start it with: fairlead up   (or say where it is with FAIRLEAD_URL)",
        )


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _query(query: Mapping[str, object]) -> str:
    given = {name: str(value) for name, value in query.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def _problem(data: bytes) -> dict[str, Any]:
    try:
        problem = json.loads(data)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


__all__ = ["INTERNAL", "Client", "SentEvent"]
