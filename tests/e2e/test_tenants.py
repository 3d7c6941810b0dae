"""Another tenant's administrator, on every route: it is as if there were nothing."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.e2e.matrix import (
    API,
    PARAMETER,
    SECRET,
    Asked,
    Caller,
    World,
    begun,
    faults,
    in_order,
)
from tests.e2e.strangers import administrators
from typing_extensions import override

from fairlead.testing.people import Person
from fairlead.testing.postgres import PostgresServer
from fairlead.testing.server import TestServer

UNLIMITED = {
    "FAIRLEAD_HTTP__REQUESTS_PER_SECOND": "0",
    "FAIRLEAD_AUTH__ACCESS_MINUTES": "60",
}
STRANGERS = 8
TENANTS_OWN = ("environments", "operations", "projects", "runs", "workloads")


@dataclass(slots=True)
class Stranger(Person):
    """The other tenant's administrators, one after the other."""

    tokens: list[str] = field(default_factory=list)

    @override
    def log_in(self) -> "Person":
        self.token = self.tokens.pop()
        return self

    @override
    def _browser(self) -> dict[str, str]:
        """Show pages the token: no browser of the other tenant can log in."""
        site = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        return {**site, "Authorization": f"Bearer {self.token}"}

    @override
    def stay(self) -> None:
        if self.call("GET", "/api/v1/me").status != 200:
            self.log_in()


@contextlib.contextmanager
def database(kind: str, component: Callable[[str], Path]) -> Iterator[dict[str, str]]:
    """Yield the settings of a database."""
    if kind == "sqlite":
        yield {}
        return
    postgres = PostgresServer(component("postgresql")).start()
    try:
        yield {"FAIRLEAD_DATABASE__URL": postgres.url(postgres.empty())}
    finally:
        postgres.stop()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    component: Callable[[str], Path],
) -> Iterator[tuple[World, Caller]]:
    """One tenant with an object of every kind, and somebody of another."""
    folder = tmp_path_factory.mktemp("tenants")
    (folder / "server").mkdir()
    with database(request.param, component) as settings:
        server = TestServer(folder / "server", {**UNLIMITED, **settings})
        tokens = administrators(server.environment(), STRANGERS)
        try:
            world = begun(server.start(), folder / "repository")
            stranger = Stranger(server.port, "stranger", tokens=tokens).log_in()
            roles = stranger.call("GET", "/api/v1/roles").json()["items"]
            held = next(each for each in roles if each["name"] == "admin")
            yield world, Caller(stranger, frozenset(held["permissions"]))
        finally:
            server.stop()


@pytest.fixture(scope="module")
def world(place: tuple[World, Caller]) -> World:
    return place[0]


@pytest.fixture(scope="module")
def answers(place: tuple[World, Caller]) -> list[Asked]:
    """The stranger's calls of every route, pages too."""
    world, stranger = place
    return in_order(world, [stranger])


def names_something(asked: Asked, world: World) -> bool:
    """Tell whether the path names an object of the first tenant."""
    named = {name for name, _ in PARAMETER.findall(asked.route.path)}
    return bool(named & set(world.known))


def test_the_stranger_is_an_administrator(answers: list[Asked], world: World) -> None:
    """So what is refused is not refused for want of a permission."""
    assert len(answers) > 60

    def wrong(asked: Asked) -> bool:
        signed_in = asked.route.permission != "public"
        return signed_in and asked.told.status in {401, 403}

    assert not faults(answers, wrong)


def test_no_object_of_the_first_tenant_is_there(
    answers: list[Asked], world: World
) -> None:
    """A form may be found wanting before anybody looks for what it is about."""

    def wrong(asked: Asked) -> bool:
        form = asked.route.is_page and asked.route.method == "POST"
        missing = {404, 422} if form else {404}
        return names_something(asked, world) and asked.told.status not in missing

    assert not faults(answers, wrong)


def test_no_answer_tells_of_the_first_tenant(
    answers: list[Asked], world: World
) -> None:
    """Not in a list, an error or a count; what was asked may be repeated."""
    marks = {SECRET, world.repository, *world.known.values()} - {"site", "1"}

    def wrong(asked: Asked) -> bool:
        body = asked.told.body.decode(errors="replace")
        return any(mark in body and mark not in asked.sent for mark in marks)

    assert not faults(answers, wrong)


@pytest.mark.parametrize("noun", TENANTS_OWN)
def test_lists_are_empty(answers: list[Asked], noun: str) -> None:
    (told,) = [
        asked.told for asked in answers if asked.route.label == f"GET {API}{noun}"
    ]

    assert (told.status, told.json()) == (200, {"items": [], "next": None})


def test_a_token_of_the_first_tenant_is_unknown(
    place: tuple[World, Caller], answers: list[Asked]
) -> None:
    world, stranger = place
    body = {"token": world.admin.log_in().token}
    path = "/api/v1/auth/introspect"
    kind = "application/x-www-form-urlencoded"
    told = stranger.person.call("POST", path, body, kind)

    assert told.json() == {"active": False}


def test_everything_is_still_there(answers: list[Asked], world: World) -> None:
    """Nothing was changed or removed by what was refused."""
    world.admin.log_in()
    kept = [
        f"projects/{SECRET}",
        *(f"{each}s/{world.known[each]}" for each in ("run", "workload", "role")),
        *(f"{each}s/{world.known[each]}" for each in ("operation", "group")),
        f"users/{world.known['user']}",
        f"policies/{world.known['policy']}",
        f"operations/schedules/{world.known['schedule']}",
    ]
    told = {path: world.admin.call("GET", f"{API}{path}").status for path in kept}
    assert set(told.values()) == {200}, told
    bindings = world.admin.call("GET", f"{API}bindings").body.decode()
    assert world.known["binding"] in bindings
    keys = world.admin.call("GET", f"{API}auth/api-keys").body.decode()
    assert world.known["key"] in keys
    run = world.admin.call("GET", f"{API}runs/{world.known['run']}").json()
    assert run["state"] == "succeeded"
