"""Forged tokens, floods of guesses and stolen cookies against a running server."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairlead.testing.server import PASSWORD, TestServer, test_server

LOGIN, ME = "/api/v1/auth/login", "/api/v1/me"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BODY = {"username": "admin", "password": PASSWORD}


@dataclass(frozen=True)
class Told:
    """What a request was answered with."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """Return the code of the problem."""
        return str(json.loads(self.body)["code"])


def ask(
    server: TestServer, method: str, path: str, body: Any = None, **headers: str
) -> Told:
    """Send one request; a dict is sent as JSON."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, dict):
        body, sent["Content-Type"] = json.dumps(body), "application/json"
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request(method, path, body=body, headers=sent)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Told(answer.status, names, answer.read())


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """A server that believes us where we come from."""
    folder = tmp_path_factory.mktemp("proxied")
    proxies = {"FAIRLEAD_HTTP__TRUSTED_PROXIES": '["127.0.0.1"]'}
    with test_server(folder, **proxies) as server:
        server.log_in()
        yield server


@dataclass(frozen=True)
class Forge:
    """Makes tokens, with the server's own key where it is to be nothing but that."""

    kid: str
    public: str
    secret: bytes
    header: dict[str, Any]
    claims: dict[str, Any]

    @classmethod
    def of(cls, server: TestServer) -> "Forge":
        """Look at a good token and steal the key."""
        token = json.loads(ask(server, "POST", LOGIN, BODY).body)["access_token"]
        header, claims = (
            json.loads(urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]
        )
        keys = json.loads(ask(server, "GET", "/.well-known/jwks.json").body)["keys"]
        [public] = [key["x"] for key in keys if key["kid"] == header["kid"]]
        file = server.home / "keys" / f"ed25519-{header['kid']}.key"
        secret = urlsafe_b64decode(file.read_text().strip() + "==")
        return cls(header["kid"], public, secret, header, claims)

    def raw(self, header: bytes, claims: bytes, key: bytes | None = None) -> str:
        """Return a token of these bytes, rightly signed by `key`."""
        parts = b".".join(map(encoded, (header, claims)))
        signer = Ed25519PrivateKey.from_private_bytes(key or self.secret)
        return (parts + b"." + encoded(signer.sign(parts))).decode()

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a rightly signed token that says something else; None: nothing."""
        return self.raw(
            changed(self.header, header or {}), changed(self.claims, claims)
        )

    def by_hmac(self, secret: bytes, algorithm: str) -> str:
        """Return a token that is signed as if the public key were a password."""
        header = changed(self.header, {"alg": algorithm})
        parts = b".".join(map(encoded, (header, changed(self.claims, {}))))
        digest = hmac.digest(secret, parts, hashlib.sha256)
        return (parts + b"." + encoded(digest)).decode()


def changed(members: dict[str, Any], changes: dict[str, Any]) -> bytes:
    whole = {**members, **changes}
    return json.dumps({k: v for k, v in whole.items() if v is not None}).encode()


def encoded(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def forgeries(forge: Forge) -> Iterator[tuple[str, str]]:
    """Yield tokens that no server may take, by what is wrong with them."""
    now = int(time.time())
    good_header, good_claims = changed(forge.header, {}), changed(forge.claims, {})
    claims = encoded(good_claims).decode()
    for name in ("none", "None", "NONE", ""):
        header = encoded(changed(forge.header, {"alg": name})).decode()
        yield f"alg {name!r}", f"{header}.{claims}."
        yield f"signed alg {name!r}", forge.token({"alg": name})
    raw = urlsafe_b64decode(forge.public + "==")
    jwk = json.dumps({"kty": "OKP", "crv": "Ed25519", "x": forge.public}).encode()
    for secret in (raw, forge.public.encode(), jwk, b""):
        yield "public key as password", forge.by_hmac(secret, "HS256")
    own = b"\7" * 32
    own_x = encoded(
        Ed25519PrivateKey.from_private_bytes(own).public_key().public_bytes_raw()
    ).decode()
    own_jwk = {"kty": "OKP", "crv": "Ed25519", "x": own_x}
    yield "two keys of one id", forge.raw(good_header, good_claims, own)
    keys: tuple[dict[str, Any], ...] = (
        {"jwk": own_jwk},
        {"jku": "http://127.0.0.1:1/keys"},
        {"x5u": "http://127.0.0.1:1/keys"},
        {"jwk": own_jwk, "kid": None},
    )
    for more in keys:
        head = changed(forge.header, more)
        yield f"own key: {more}", forge.raw(head, good_claims, own)
        yield f"our key, too: {more}", forge.token(more)
    headers: tuple[dict[str, Any], ...] = (
        *({"typ": typ} for typ in ("JWT", "jwt", "at+JWT ", "rt+jwt", None)),
        *({"kid": kid} for kid in ("../keys/x", "/etc/passwd", "x" * 99, 1, ["a"])),
        {"kid": None},
        {"crit": ["exp"], "exp": now + 600},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"zip": "DEF"},
        {"cty": "JWT"},
        {"alg": "EdDSA"},
    )
    for changes in headers:
        yield f"header {changes}", forge.token(changes)
    changes_: tuple[dict[str, Any], ...] = (
        *({"iss": each} for each in ("evil", "", None, ["fairlead"])),
        *({"aud": each} for each in ("evil", "", None, ["fairlead"])),
        *({"exp": each} for each in (now, 0, -1, None, "9999999999", 10**30)),
        {"nbf": now + 600},
        {"iat": now + 10**6},
        {"sub": "admin"},
        {"sid": None},
        {"tid": None},
        {"filler": "x" * 5000},
    )
    for claims_ in changes_:
        yield f"claims {str(claims_)[:60]}", forge.token(**claims_)
    twice = b'{"alg":"none",'
    yield "header twice", forge.raw(good_header.replace(b"{", twice, 1), good_claims)
    twice = b'{"name":"root",'
    yield "claim twice", forge.raw(good_header, good_claims.replace(b"{", twice, 1))
    for text in (b"[" * 2500, b"null", b"\xff\xfe", b"{}"):
        yield "no header", forge.raw(text, good_claims)
        yield "no claims", forge.raw(good_header, text)
    token = forge.token()
    yield "four parts", f"{token}.x"
    yield "two parts", token.rpartition(".")[0]
    yield "json", json.dumps({"payload": claims, "signatures": []})


def test_no_forged_token_is_taken(server: TestServer) -> None:
    """One status and one code, whatever is wrong; the log has no traceback."""
    forge = Forge.of(server)
    assert ask(server, "GET", ME, Authorization=f"Bearer {forge.token()}").status == 200
    wrong = []
    for name, token in forgeries(forge):
        told = ask(server, "GET", ME, Authorization=f"Bearer {token}")
        if (told.status, told.code) != (401, "auth.unauthenticated"):
            wrong.append((name, told.status, told.body))

    assert not wrong
    assert "Traceback" not in server.text


def test_a_flood_of_guesses_is_shed(proxied: TestServer) -> None:
    """What the hashing pool has no room for is told when to come back."""

    def guess(number: int) -> Told:
        body = {"username": f"somebody-{number}", "password": "a wrong one"}
        forwarded = {"X_Forwarded_For": f"10.0.{number}.1"}
        return ask(proxied, "POST", LOGIN, body, **forwarded)

    with ThreadPoolExecutor(100) as callers:
        answers = list(callers.map(guess, range(100)))

    shed = [each for each in answers if each.status == 429]
    assert {each.status for each in answers} == {401, 429}
    assert {each.code for each in shed} == {"identity.too_many_attempts"}
    assert {each.headers["retry-after"] for each in shed} == {"1"}
    assert ask(proxied, "POST", LOGIN, BODY).status == 200


def test_fifty_guesses_at_once_are_five(proxied: TestServer) -> None:
    """Also from where the right password came from, and one of them being right."""
    person = ("bea", "--password-stdin")
    made = proxied.run("users", "create", *person, stdin="four words make sense\n")
    assert made.exit_code == 0, made.err
    home = {"X_Forwarded_For": "203.0.113.9"}
    right = {"username": "bea", "password": "four words make sense"}
    assert ask(proxied, "POST", LOGIN, right, **home).status == 200

    def guess(number: int) -> int:
        name = ("bea", "BEA", "Bea")[number % 3]
        password = right["password"] if number == 45 else f"wrong {number}"
        body = {"username": name, "password": password}
        return ask(proxied, "POST", LOGIN, body, **home).status

    with ThreadPoolExecutor(50) as callers:
        answers = list(callers.map(guess, range(50)))

    # a wait of a second may run off meanwhile, and then one more guess is free
    assert answers.count(401) <= 8
    assert answers.count(401) + answers.count(429) + answers.count(200) == 50
    elsewhere = {"X_Forwarded_For": "203.0.113.200"}
    assert ask(proxied, "POST", LOGIN, right, **elsewhere).status == 200


def browse(server: TestServer, method: str, path: str, **more: Any) -> Told:
    site = {"Sec_Fetch_Site": "same-origin", "Accept": "text/html", "User_Agent": "x"}
    fields = more.pop("fields", None)
    body = urlencode(fields) if fields is not None else None
    if body is not None:
        site["Content_Type"] = FORM["Content-Type"]
    return ask(server, method, path, body, **{**site, **more})


def test_a_cookie_that_was_there_before_is_no_session(server: TestServer) -> None:
    """Who plants one in another's browser does not share what that one logs in to."""
    planted = "fairlead_session=" + "A" * 43
    form = {**BODY, "next": "/"}
    answer = browse(server, "POST", "/login", fields=form, Cookie=planted)
    assert answer.status == 303
    cookie = answer.headers["set-cookie"].partition(";")[0]
    told = answer.headers["set-cookie"].lower()

    assert cookie != planted
    assert "httponly" in told
    assert "samesite=strict" in told
    assert browse(server, "GET", "/projects", Cookie=planted).status == 303
    assert browse(server, "GET", "/projects", Cookie=cookie).status == 200
    again = browse(server, "POST", "/login", fields=form, Cookie=cookie)
    assert again.headers["set-cookie"].partition(";")[0] != cookie


def test_other_sites_neither_log_in_nor_out(server: TestServer) -> None:
    """Nobody is put into another's account; a form needs its session's token."""
    form = {**BODY, "next": "/"}
    site = browse(server, "POST", "/login", fields=form, Sec_Fetch_Site="cross-site")
    origin = ask(
        server, "POST", "/login", urlencode(form), Origin="https://evil.example", **FORM
    )
    assert (site.status, origin.status) == (403, 403)
    assert "set-cookie" not in site.headers
    assert "set-cookie" not in origin.headers

    answer = browse(server, "POST", "/login", fields=form)
    cookie = answer.headers["set-cookie"].partition(";")[0]
    post = partial(browse, server, "POST", "/logout", Cookie=cookie)
    assert post(fields={}).status == 403
    assert post(fields={"form_token": "0" * 64}).status == 403
    assert browse(server, "GET", "/projects", Cookie=cookie).status == 200


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/x", "x"]
)
def test_a_log_in_leads_to_no_other_site(server: TestServer, path: str) -> None:
    answer = browse(server, "POST", "/login", fields={**BODY, "next": path})

    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{",
        '{"username": 1, "password": 2}',
        '{"username": "a"}',
        '{"username": "a", "password": "b", "more": 1}',
        '{"username": "\\ud800", "password": "b"}',
        '{"username": "a", "password": ' + "[" * 50_000,
        "\xff\xfe",
    ],
)
def test_malformed_log_ins_are_the_callers_fault(server: TestServer, body: str) -> None:
    json_ = {"Content_Type": "application/json"}
    told = ask(server, "POST", LOGIN, body.encode("latin-1"), **json_)

    assert told.status == 400


def test_names_no_database_takes_are_nobody(server: TestServer) -> None:
    """Wherever they come in."""
    admin = json.loads(ask(server, "POST", LOGIN, BODY).body)["access_token"]
    bearer = {"Authorization": f"Bearer {admin}"}
    for path in (
        "/api/v1/auth/sessions?user=%00",
        "/api/v1/auth/api-keys?user=%F0%28",
        "/api/v1/users/%FF",
        "/api/v1/users/a%40%00",
    ):
        assert ask(server, "GET", path, **bearer).status == 404, path
    told = ask(server, "POST", LOGIN, {"username": "a\0", "password": "\0"})
    assert told.status in {401, 429}
