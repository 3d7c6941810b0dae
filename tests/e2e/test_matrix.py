"""Every route, called by everybody: who gets through is what the manifests say."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from typing_extensions import override

from fairlead.testing.people import Person, Told
from fairlead.testing.server import (
    PASSWORD,
    TestServer,
    eventually,
    make_repository,
    test_server,
)

API = "/api/v1/"
ANSWERS = (API, "/.well-known/", "/access/v1/")  # of programs; all else are pages
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
METHODS = ("GET", "PATCH", "PUT", "POST", "DELETE")
NOWHERE = {"str": "nothing", "uuid": "0198f1c2-7d3a-7c41-9b1e-2f6d8a4c5e70", "int": "1"}
PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")
SESSIONS = re.compile("/auth/|/account/|/reset|log(in|out)")
SECRET = "the-hidden-project"
CONFIGURATION = """version: 1
build:
  steps:
    - {name: bundle, run: "mkdir -p out && echo hello > out/index.html"}
  outputs:
    - {name: site, type: directory, path: out}
deploy:
  environment: dev
  workloads:
    - name: web
      artifact: site
      command: ["sh", "-c", "exec python3 -m http.server --bind 127.0.0.1 $PORT"]
      port: 8000
"""


@dataclass(frozen=True)
class Route:
    """A route as its manifest declares it."""

    method: str
    path: str
    permission: str

    @property
    def template(self) -> str:
        """Return the path as the document writes it."""
        return PARAMETER.sub(r"{\1}", self.path)

    @property
    def label(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def is_page(self) -> bool:
        return not self.path.startswith(ANSWERS)

    @property
    def consumes(self) -> bool:
        """Tell whether its object is gone afterwards."""
        return self.method == "DELETE" or self.path.endswith("/delete")

    @property
    def ends_sessions(self) -> bool:
        return self.method != "GET" and bool(SESSIONS.search(self.path))

    @property
    def rank(self) -> tuple[bool, bool, int]:
        return self.consumes, self.ends_sessions, METHODS.index(self.method)


@dataclass(frozen=True)
class Caller:
    """Somebody, and what their role allows them."""

    person: Person
    held: frozenset[str] = frozenset()
    elsewhere: bool = False  # only in a project that is not asked about

    @property
    def name(self) -> str:
        return self.person.name or "nobody"

    def may(self, route: Route) -> bool:
        """Tell what the manifest and the role say, if objects exist as they do here."""
        if route.permission == "public":
            return True
        if route.permission == "signed-in":
            return bool(self.person.name)
        lists = route.method == "GET" and "{" not in route.path
        return route.permission in self.held and (lists or not self.elsewhere)


@dataclass(frozen=True)
class Asked:
    """A call and its answer; `sure` when what it asks for exists."""

    route: Route
    caller: Caller
    told: Told
    sure: bool

    @override
    def __str__(self) -> str:
        told = self.told
        text = told.body[:160].decode(errors="replace")
        return f"{self.caller.name}: {self.route.label} -> {told.status} {text}"


@dataclass
class World:
    """A server with one object of every kind, all of them in one project."""

    server: TestServer
    admin: Person
    document: dict[str, Any]
    routes: list[Route]
    known: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    repository: str = ""

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        told = self.admin.call("POST", path, body)
        if told.status == 401:  # a call ended the administrator's other sessions
            told = self.admin.log_in().call("POST", path, body)
        assert told.status < 300, (path, told)
        return told.json()

    def project(self, name: str = "") -> str:
        name = name or f"short-lived-{next(self.numbers)}"
        body = {"name": name, "repository": self.repository}
        self.post("/api/v1/projects", body)
        return name

    def user(self) -> str:
        name = f"user{next(self.numbers)}"
        self.post("/api/v1/users", {"name": name, "password": PASSWORD})
        return name

    def binding(self, user: str = "", role: str = "viewer", scope: str = "/") -> str:
        body = {"user": user or self.user(), "role": role, "scope": scope}
        return str(self.post("/api/v1/bindings", body)["id"])

    def schedule(self) -> str:
        body = {"cron": "0 3 * * *", "name": f"s{next(self.numbers)}"}
        whole = {**body, "kind": "pipelines.run", "project": SECRET}
        return str(self.post("/api/v1/operations/schedules", whole)["id"])

    def key(self) -> str:
        body = {"name": f"k{next(self.numbers)}", "scopes": ["projects.project.read"]}
        return str(self.post("/api/v1/auth/api-keys", body)["key"]["id"])

    def fresh(self) -> Mapping[str, Callable[[], str]]:
        """Return what makes another object for a route that consumes one."""
        return {
            "project": self.project,
            "name": self.user,
            "binding": self.binding,
            "schedule": self.schedule,
            "key": self.key,
        }

    def caller(self, name: str, role: str, scope: str = "/") -> Caller:
        """Make a user with one role in one scope."""
        if name != "admin":
            self.post("/api/v1/users", {"name": name, "password": PASSWORD})
            self.binding(name, role, scope)
        person = Person(self.server.port, name).log_in()
        roles = self.admin.call("GET", "/api/v1/roles").json()["items"]
        held = next(each["permissions"] for each in roles if each["name"] == role)
        return Caller(person, frozenset(held), elsewhere=scope != "/")


def begun(server: TestServer, folder: Path) -> World:
    """Return the world with its objects made."""
    document = json.loads(server.fetch(f"{server.url}/openapi.json"))
    modules = server.data("modules", "list")["items"]
    routes = [Route(**each) for module in modules for each in module["routes"]]
    admin = Person(server.port, "admin").log_in()
    repository = make_repository(folder, {".fairlead.yaml": CONFIGURATION})
    world = World(server, admin, document, routes, repository=str(repository))
    world.project(SECRET)
    run = world.post(f"/api/v1/projects/{SECRET}/runs", {})

    def ended() -> Any:
        seen = admin.call("GET", f"/api/v1/runs/{run['id']}").json()
        return seen if seen["state"] not in {"queued", "running"} else None

    run = eventually(ended, "the run ended")
    assert run["state"] == "succeeded", run
    workloads = admin.call("GET", "/api/v1/workloads").json()["items"]
    user = world.user()
    own = Person(server.port, user).log_in()
    world.known.update(
        project=SECRET,
        run=run["id"],
        number=str(run["number"]),
        operation=run["operation_id"],
        artifact=run["artifacts"][0]["name"],
        workload=workloads[0]["id"],
        name=user,
        user=user,
        role="viewer",
        binding=world.binding(user),
        schedule=world.schedule(),
        session=own.call("GET", "/api/v1/auth/sessions").json()["items"][0]["id"],
        key=world.key(),
    )
    return world


def call(world: World, caller: Caller, route: Route) -> Asked:
    """Call `route` with parameters and a body that fit it."""
    values, sure = dict(world.known), not route.ends_sessions
    for name, kind in PARAMETER.findall(route.path):
        if name not in values or route.path.startswith("/assets/"):
            values[name], sure = NOWHERE.get(kind, NOWHERE["str"]), False
        elif route.consumes and caller.may(route):
            made = world.fresh().get(name)
            values[name], sure = (made(), sure) if made else (values[name], False)
    path = PARAMETER.sub(lambda found: values[found[1]], route.path)
    path += _query(world, route)
    if route.is_page:
        told = _page(world, caller, route, path)
    else:
        kind, body = _body(world, route)
        told = caller.person.call(route.method, path, body, kind)
    if route.ends_sessions:
        caller.person.stay()
    return Asked(route, caller, told, sure)


def _page(world: World, caller: Caller, route: Route, path: str) -> Told:
    if route.method == "GET":
        return caller.person.look(path)
    known, number = world.known, next(world.numbers)
    fields = {
        "name": f"made{number}",
        "repository": world.repository,
        "branch": "main",
        "user": known["user"],
        "role": "viewer",
        "scope": "/",
        "project": SECRET,
        "revision": "main",
        "cron": "0 3 * * *",
        "username": known["user"],
        "password": PASSWORD,
        "key": str(number),
        "typed_name": "web" if "/workloads/" in path else f"/{path}".split("/")[-2],
    }
    return caller.person.submit(path, fields)


def _query(world: World, route: Route) -> str:
    """Return what the document wants after the path, about things that exist."""
    operation = world.document["paths"].get(route.template, {})
    parameters = operation.get(route.method.lower(), {}).get("parameters", ())
    fitting = {"permission": "projects.project.read", "user": world.known["user"]}
    wanted = {
        each["name"]: fitting[each["name"]]
        for each in parameters
        if each["in"] == "query" and each.get("required")
    }
    return f"?{urlencode(wanted)}" if wanted else ""


def _body(world: World, route: Route) -> tuple[str, Any]:
    """Return the document's example, about things that exist, and its media type."""
    operation = world.document["paths"][route.template][route.method.lower()]
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return "", None
    kind, media = next(iter(content.items()))
    fitting = {
        "name": f"made{next(world.numbers)}",
        "repository": world.repository,
        "branch": "main",
        "user": world.known["user"],
        "project": SECRET,
        "argument": {"project": SECRET},
        "revision": "main",
        "cron": "0 3 * * *",
        "username": world.known["user"],
        "password": PASSWORD,
        "old": PASSWORD,
        "locale": "en",
        "token": world.admin.token,
        "email": f"made{next(world.numbers)}@example.org",
    }
    example = media["example"].items()
    return kind, {key: fitting.get(key, value) for key, value in example}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    (folder / "server").mkdir()
    unlimited = {"FAIRLEAD_HTTP__REQUESTS_PER_SECOND": "0"}
    with test_server(folder / "server", **unlimited) as server:
        yield begun(server, folder / "repository")


@pytest.fixture(scope="module")
def answers(world: World) -> list[Asked]:
    """Everybody's calls of every route; what consumes its object comes last."""
    other = world.project("elsewhere")
    seen = world.admin.call("GET", f"/api/v1/projects/{other}").json()
    callers = [
        Caller(Person(world.server.port)),
        world.caller("oskar", "developer", f"/projects/{seen['id']}"),
        world.caller("vera", "viewer"),
        world.caller("dora", "developer"),
        world.caller("admin", "admin"),
    ]
    return [
        call(world, caller, route)
        for route in sorted(world.routes, key=lambda route: route.rank)
        for caller in callers
    ]


def faults(answers: list[Asked], wrong: Callable[[Asked], bool]) -> str:
    """Return the calls that ended in a wrong way, one a line."""
    return "\n".join(str(asked) for asked in answers if wrong(asked))


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
