"""A server with one object of every kind, and its routes called by anybody."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from typing_extensions import override

from fairlead.testing.people import Person, Told
from fairlead.testing.server import (
    PASSWORD,
    TestServer,
    eventually,
    make_repository,
)

API = "/api/v1/"
ANSWERS = (API, "/.well-known/", "/access/v1/")  # of programs; all else are pages
METHODS = ("GET", "PATCH", "PUT", "POST", "DELETE")
NOWHERE = {"str": "nothing", "uuid": "0198f1c2-7d3a-7c41-9b1e-2f6d8a4c5e70", "int": "1"}
PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")
SESSIONS = re.compile("/auth/|/account/|/reset|log(in|out)")
POLICIES = "/api/v1/policies"
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
    sent: str = ""  # the path and the body, whose words an answer may repeat

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

    def role(self) -> str:
        name = f"role{next(self.numbers)}"
        self.post("/api/v1/roles", {"name": name, "permissions": []})
        return name

    def group(self) -> str:
        name = f"group{next(self.numbers)}"
        self.post("/api/v1/groups", {"name": name})
        return name

    def policy(self) -> str:
        """Make a policy that does not count, so nothing else changes by it."""
        name = f"policy{next(self.numbers)}"
        schema = self.document["paths"]["/api/v1/policies"]["post"]["requestBody"]
        example = schema["content"]["application/json"]["example"]
        self.post("/api/v1/policies", {**example, "name": name, "enabled": False})
        return name

    def fresh(self) -> Mapping[str, Callable[[], str]]:
        """Return what makes another object for a route that consumes one."""
        return {
            "project": self.project,
            "name": self.user,
            "binding": self.binding,
            "schedule": self.schedule,
            "key": self.key,
            "role": self.role,
            "group": self.group,
            "policy": self.policy,
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
        role=world.role(),
        group=world.group(),
        policy=world.policy(),
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
    body: Any = None
    if route.is_page and route.method == "GET":
        told = caller.person.look(path)
    elif route.is_page:
        body = _fields(world, path)
        told = caller.person.submit(path, body)
    else:
        kind, body = _body(world, route)
        told = caller.person.call(route.method, path, body, kind)
    if route.ends_sessions:
        caller.person.stay()
    return Asked(route, caller, told, sure, sent=f"{path} {json.dumps(body)}")


def in_order(world: World, callers: Iterable[Caller]) -> list[Asked]:
    """Call every route as everybody; what consumes its object comes last."""
    known = list(callers)
    routes = sorted(world.routes, key=lambda route: route.rank)
    return [call(world, caller, route) for route in routes for caller in known]


def faults(answers: list[Asked], wrong: Callable[[Asked], bool]) -> str:
    """Return the calls that ended in a wrong way, one a line."""
    return "\n".join(str(asked) for asked in answers if wrong(asked))


def _fields(world: World, path: str) -> dict[str, str]:
    """Return what forms ask for, about things that exist."""
    known, number = world.known, next(world.numbers)
    return {
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
    body = {key: fitting.get(key, value) for key, value in example}
    if route.method != "GET" and route.path.startswith(POLICIES):
        body["enabled"] = False  # or it would forbid calls that come later
    return kind, body
