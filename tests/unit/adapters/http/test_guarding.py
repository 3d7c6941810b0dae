"""What the edge keeps out: other sites, strange paths and names, too much."""

from collections.abc import AsyncIterator

import httpx
import pytest
from tests.unit.adapters.http.stage import BEARER, COOKIE, PROXY, edge_client

from fairlead.adapters.http.hosts import Hosts, SharedHost, check_apart
from fairlead.adapters.http.paths import crooked
from fairlead.adapters.http.rates import Rates
from fairlead.adapters.http.settings import HttpSettings
from fairlead.adapters.pages.forms import form_token

Client = httpx.AsyncClient
EVERYWHERE = "0.0.0.0"  # noqa: S104 - told apart, not listened on


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with edge_client() as client:
        yield client


def raw(path: str) -> httpx.URL:
    """Return an address whose path is sent as it is."""
    return httpx.URL("http://test").copy_with(raw_path=path.encode())


@pytest.mark.parametrize(
    "path",
    [
        "//api/v1/who",
        "///api/v1/who",
        "//%61pi/v1/who",
        "/%2fapi/v1/who",
        "/api//v1/who",
        "/page/%2e%2e/api/v1/who",
        "/api%2Fv1/who",
        "/api\\v1/who",
        "/api%5cv1/who",
        "/api/v1/who%00",
    ],
)
async def test_a_path_that_can_be_read_in_two_ways_is_nothing(
    client: Client, path: str
) -> None:
    for headers in ({}, COOKIE, BEARER):
        answer = await client.get(raw(path), headers=headers)
        assert answer.status_code == 404
        assert answer.json()["code"] == "http.not_found"


async def test_dots_are_refused_where_no_client_takes_them_out() -> None:
    for path in ("/./a", "/a/../b", "/a/.", "/a/..", "//a", "/a\\b", "/a\n"):
        assert crooked(path, path.encode())
    for path in ("/", "/a/", "/a/.b", "/a..b/c...", "/%41", "/a/ü"):
        assert not crooked(path, path.encode())


@pytest.mark.parametrize(
    "path", ["/api/v1/who", "/%61pi/v1/who", "/api/v1/who/", "/api/v1/wh%6f"]
)
async def test_the_api_takes_no_cookie_however_it_is_written(
    client: Client, path: str
) -> None:
    answer = await client.get(raw(path), headers=COOKIE)

    assert answer.json()["name"] == "anonymous"
    assert (await client.get("/page", headers=COOKIE)).json()["name"] == "ada"


async def test_the_cookie_does_nothing_in_the_api(client: Client) -> None:
    for headers in (COOKIE, {**COOKIE, "Sec-Fetch-Site": "same-origin"}):
        answer = await client.post("/api/v1/cancel", headers=headers)
        assert answer.json() == {"who": "anonymous"}


async def test_a_form_needs_the_sessions_token_whoever_serves_it(
    client: Client,
) -> None:
    """The check is before the route, not in its controller."""
    right = {"form_token": form_token("good")}
    foreign = {**COOKIE, "Origin": "https://evil.example"}

    assert (await client.post("/page", headers=COOKIE)).status_code == 403
    sent = await client.post("/page", headers=COOKIE, data=right)
    assert sent.json() == {"name": "ada"}
    assert (await client.post("/page", headers=foreign, data=right)).status_code == 403


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("application/merge-patch+json", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        (None, 415),
    ],
)
async def test_the_api_takes_json_only(
    client: Client, kind: str | None, status: int
) -> None:
    headers = {**BEARER, **({} if kind is None else {"Content-Type": kind})}
    answer = await client.post("/api/v1/echo", content=b"{}", headers=headers)

    assert answer.status_code == status
    if status == 415:
        assert answer.json()["code"] == "http.unsupported_media_type"


async def test_what_needs_no_body_needs_no_kind(client: Client) -> None:
    assert (await client.post("/api/v1/cancel", headers=BEARER)).status_code == 200


async def test_a_deeply_nested_body_is_the_callers_fault(client: Client) -> None:
    headers = {**BEARER, "Content-Type": "application/json"}
    for body in (b"[" * 100_000, b'{"a":' * 50_000):
        answer = await client.post("/api/v1/echo", content=body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["code"] == "http.bad_request"


async def test_a_body_of_unknown_length_is_counted() -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1024

    headers = {**BEARER, "Content-Type": "application/json"}
    async with edge_client(max_body_bytes=2048) as client:
        answer = await client.post("/api/v1/echo", content=body(), headers=headers)
        form = {**COOKIE, "Content-Type": "application/x-www-form-urlencoded"}
        page = await client.post("/page", content=body(), headers=form)

    assert answer.status_code == page.status_code == 413
    assert answer.json()["code"] == "http.body_too_large"
    assert answer.headers["connection"] == "close"


async def test_a_foreign_name_gets_nothing(client: Client) -> None:
    """A page whose name was made to point here could read what it asks for."""
    answer = await client.get("/page", headers={"Host": "evil.example", **COOKIE})

    assert answer.status_code == 421
    assert answer.json()["code"] == "http.unknown_host"
    assert "http.allowed_hosts" in answer.json()["title"]


@pytest.mark.parametrize(
    ("allowed", "listening", "served", "refused"),
    [
        (
            (),
            "127.0.0.1",
            [
                "localhost:7070",
                "127.0.0.1",
                "[::1]:7070",
                "hello.localhost",
                "LOCALHOST.",
            ],
            [
                "evil.example",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "",
                "[::2]",
            ],
        ),
        ((), EVERYWHERE, ["anything"], []),
        ((), "::", ["anything"], []),
        ((), "fd00::1", ["[fd00::1]:80", "localhost"], ["[fd00::2]"]),
        (
            ("a.example", "*.b.example"),
            EVERYWHERE,
            ["A.example:1", "x.b.example"],
            ["b.example", "localhost"],
        ),
        (("*",), "127.0.0.1", ["anything"], []),
    ],
)
def test_names_are_those_of_the_settings(
    allowed: tuple[str, ...], listening: str, served: list[str], refused: list[str]
) -> None:
    hosts = Hosts(allowed, listening=listening)

    for _ in range(2):
        assert [name for name in served if not hosts.serve(name.encode())] == []
        assert [name for name in refused if hosts.serve(name.encode())] == []


@pytest.mark.parametrize(
    ("host", "allowed", "workloads", "apart"),
    [
        ("127.0.0.1", (), "127.0.0.1", False),
        ("127.0.0.1", (), "localhost", False),
        ("127.0.0.1", (), EVERYWHERE, False),
        (EVERYWHERE, (), "10.0.0.7", False),
        ("127.0.0.1", ("fairlead.example",), "127.0.0.1", True),
        ("10.0.0.5", (), "10.0.0.7", True),
    ],
)
def test_workloads_are_kept_from_the_consoles_names(
    host: str, allowed: tuple[str, ...], workloads: str, *, apart: bool
) -> None:
    settings = HttpSettings(host=host, allowed_hosts=allowed)
    if apart:
        check_apart(settings, workloads)
    else:
        with pytest.raises(SharedHost, match=r"environments\.host"):
            check_apart(settings, workloads)


async def test_a_caller_who_asks_too_often_is_told_to_wait() -> None:
    async with edge_client(requests_per_second=1) as client:
        answers = [await client.get("/api/v1/who") for _ in range(11)]
        other = await client.get("/api/v1/who", headers={"X-Forwarded-For": "9.9.9.9"})

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[0].headers["ratelimit-limit"] == "10"
    assert answers[0].headers["x-ratelimit-remaining"] == "9"
    assert answers[0].headers["ratelimit-reset"] == "1"
    assert answers[10].json()["code"] == "http.too_many_requests"
    assert answers[10].headers["retry-after"] == "1"
    assert answers[10].headers["ratelimit-remaining"] == "0"
    assert other.status_code == 429


async def test_a_user_is_counted_wherever_they_come_from() -> None:
    async with edge_client(PROXY, requests_per_second=1) as client:
        statuses = [
            (
                await client.get(
                    "/api/v1/who", headers={**BEARER, "X-Forwarded-For": f"9.9.9.{n}"}
                )
            ).status_code
            for n in range(11)
        ]

    assert statuses == [200] * 10 + [429]


def test_buckets_fill_again_and_are_bounded_in_number() -> None:
    now = 1000.0
    rates = Rates(2, most=100, now=lambda: now)
    for _ in range(20):
        assert not rates.take("ada").wait
    assert rates.take("ada").wait == pytest.approx(0.5)
    now += 0.5
    assert not rates.take("ada").wait
    for n in range(1000):
        rates.take(n)

    assert len(rates._new) + len(rates._old) <= 200  # noqa: SLF001


@pytest.mark.parametrize(
    ("address", "given", "seen"),
    [
        (PROXY, "https", "https"),
        (PROXY, "http, https", "https"),
        (PROXY, "https, http", "http"),
        (PROXY, "gopher", "http"),
        ("10.9.9.9", "https", "http"),
    ],
)
async def test_a_proxy_says_whether_it_was_https(
    address: str, given: str, seen: str
) -> None:
    async with edge_client(address) as client:
        answer = await client.get("/page", headers={"X-Forwarded-Proto": given})

    assert answer.json()["scheme"] == seen
    assert ("strict-transport-security" in answer.headers) == (seen == "https")


async def test_over_https_only_a_cookie_of_this_host_counts() -> None:
    """Its name keeps other hosts and plain pages from setting it."""
    https = {"X-Forwarded-Proto": "https"}
    named = {"Cookie": "__Host-fairlead_session=good"}
    async with edge_client(PROXY) as client:
        plain = await client.get("/page", headers={**https, **COOKIE})
        own = await client.get("/page", headers={**https, **named})

    assert plain.json()["name"] == "anonymous"
    assert own.json()["name"] == "ada"


async def test_the_last_address_that_is_no_proxy_is_the_callers() -> None:
    async with edge_client(PROXY) as client:
        answer = await client.get(
            "/api/v1/who", headers={"X-Forwarded-For": f"1.1.1.1, 2.2.2.2, {PROXY}"}
        )

    assert answer.json()["address"] == "2.2.2.2"


async def test_a_fault_of_ours_does_not_say_where_our_files_are(client: Client) -> None:
    answer = await client.get("/api/v1/full")

    assert answer.status_code == 503
    assert answer.json()["title"] == "The database x.db is on a full disk."
