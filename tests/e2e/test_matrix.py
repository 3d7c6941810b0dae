"""Every route, called by everybody: who gets through is what the manifests say."""

from collections.abc import Iterator

import pytest
from tests.e2e.matrix import (
    API,
    METHODS,
    SECRET,
    Asked,
    Caller,
    World,
    begun,
    faults,
    in_order,
)

from fairlead.testing.people import Person
from fairlead.testing.server import test_server

PLATFORM = {"/healthz", "/ready", "/metrics"}  # no module's, open by settings
OPEN = {  # every other route wants to know who calls
    "GET /.well-known/authzen-configuration",
    "GET /.well-known/jwks.json",
    "GET /api/v1/audit/keys",
    "GET /assets/{digest}/{name}",
    "GET /favicon.ico",
    "GET /forgot",
    "GET /login",
    "GET /reset",
    "GET /verify",
    "POST /api/v1/account/ask-reset",
    "POST /api/v1/account/reset",
    "POST /api/v1/account/verify",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/refresh",
    "POST /forgot",
    "POST /login",
    "POST /reset",
    "POST /verify",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    (folder / "server").mkdir()
    unlimited = {"FAIRLEAD_HTTP__REQUESTS_PER_SECOND": "0"}
    with test_server(folder / "server", **unlimited) as server:
        yield begun(server, folder / "repository")


@pytest.fixture(scope="module")
def answers(world: World) -> list[Asked]:
    """Everybody's calls of every route."""
    other = world.project("elsewhere")
    seen = world.admin.call("GET", f"/api/v1/projects/{other}").json()
    callers = [
        Caller(Person(world.server.port)),
        world.caller("oskar", "developer", f"/projects/{seen['id']}"),
        world.caller("vera", "viewer"),
        world.caller("dora", "developer"),
        world.caller("admin", "admin"),
    ]
    return in_order(world, callers)


def test_every_route_of_the_document_is_declared(world: World) -> None:
    declared = {route.label: route.permission for route in world.routes}
    for path, methods in world.document["paths"].items():
        for method, operation in methods.items():
            if method.upper() in METHODS and path not in PLATFORM:
                label = f"{method.upper()} {path}"
                assert operation["x-permission"] == declared.get(label), label


def test_every_declared_route_of_the_api_is_in_the_document(world: World) -> None:
    for route in world.routes:
        if route.path.startswith(API):
            assert route.method.lower() in world.document["paths"][route.template]


def test_only_these_routes_are_open(world: World) -> None:
    found = {route.label for route in world.routes if route.permission == "public"}

    assert found <= OPEN


def test_the_administrator_has_every_permission_a_route_asks_for(world: World) -> None:
    roles = world.admin.call("GET", "/api/v1/roles").json()["items"]
    held = next(role["permissions"] for role in roles if role["name"] == "admin")
    asked = {route.permission for route in world.routes} - {"public", "signed-in"}

    assert asked <= set(held)


def test_nobodys_call_breaks_the_server(answers: list[Asked]) -> None:
    assert not faults(answers, lambda asked: asked.told.status >= 500)


def test_every_status_is_documented(answers: list[Asked], world: World) -> None:
    def wrong(asked: Asked) -> bool:
        if not asked.route.path.startswith(API):
            return False
        methods = world.document["paths"][asked.route.template]
        documented = methods[asked.route.method.lower()]["responses"]
        return str(asked.told.status) not in documented

    assert not faults(answers, wrong)


def test_who_is_not_logged_in_reaches_what_is_open_only(answers: list[Asked]) -> None:
    def wrong(asked: Asked) -> bool:
        if asked.caller.person.name or asked.route.permission == "public":
            return False
        led = {303} if asked.route.is_page else set()  # to the log in
        return asked.told.status not in {401, *led}

    assert not faults(answers, wrong)


def test_who_lacks_the_permission_is_refused(answers: list[Asked]) -> None:
    def wrong(asked: Asked) -> bool:
        if asked.caller.may(asked.route) or not asked.caller.person.name:
            return False
        return asked.told.status not in {403, 404}

    assert not faults(answers, wrong)


def test_who_has_the_permission_is_not_refused(answers: list[Asked]) -> None:
    def wrong(asked: Asked) -> bool:
        permission = asked.route.permission
        if not asked.caller.may(asked.route) or permission == "public":
            return False
        if permission == "signed-in":
            return asked.told.status == 401
        return asked.told.status in {401, 403, *({404} if asked.sure else ())}

    assert not faults(answers, wrong)


def test_readers_of_existing_things_are_served(answers: list[Asked]) -> None:
    def wrong(asked: Asked) -> bool:
        if not asked.sure or asked.route.method != "GET":
            return False
        return asked.caller.may(asked.route) and asked.told.status >= 400

    assert not faults(answers, wrong)


def test_who_has_another_project_learns_nothing_of_this_one(
    answers: list[Asked], world: World
) -> None:
    marks = [SECRET.encode(), world.known["run"].encode()]

    def wrong(asked: Asked) -> bool:
        if not asked.caller.elsewhere or asked.told.status >= 400:
            return False
        return any(mark in asked.told.body for mark in marks)

    assert not faults(answers, wrong)
