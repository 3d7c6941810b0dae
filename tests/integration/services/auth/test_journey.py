"""Users, roles and sessions over HTTP, with everything real but the launcher."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from fairlead.adapters.bus.relay import OutboxRelay
from fairlead.adapters.http.authentication import Authenticator
from fairlead.adapters.http.edge import Edge
from fairlead.adapters.http.metrics import HttpMetrics
from fairlead.adapters.http.settings import HttpSettings
from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.load import Settings
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.sql.migrate import migrate
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.sql.provider import FILE
from fairlead.adapters.wiring.part import LifecyclePart
from fairlead.app import PLATFORM_SECTIONS, Application, assemble
from fairlead.kernel.principal import service
from fairlead.modules.pipelines.settings import PipelinesSettings
from fairlead.services.audit.module import MODULE as AUDIT
from fairlead.services.auth.module import MODULE as AUTH
from fairlead.services.auth.public import FirstStart, Recovery
from fairlead.services.authz.module import MODULE as AUTHZ
from fairlead.services.gateway.module import MODULE as GATEWAY
from fairlead.services.identity.module import MODULE as IDENTITY

pytestmark = pytest.mark.filterwarnings(
    "ignore::litestar.exceptions.LitestarDeprecationWarning"
)
MODULES = (AUDIT, IDENTITY, AUTHZ, AUTH, GATEWAY)
PASSWORD = "four words make sense"
PATIENCE = 30.0
Answer = dict[str, Any]


@dataclass
class Server:
    """A started server without a socket."""

    application: Application
    client: httpx.AsyncClient
    password: str

    async def ask(
        self, method: str, path: str, token: str = "", body: Any = None
    ) -> httpx.Response:
        """Send one request."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.request(method, path, headers=headers, json=body)

    async def log_in(self, name: str = "admin", password: str = "") -> Answer:
        """Return the tokens of a new session."""
        body = {"username": name, "password": password or self.password}
        answer = await self.ask("POST", "/api/v1/auth/login", body=body)
        assert answer.status_code == 200, answer.text
        tokens: Answer = answer.json()
        return tokens

    async def add_ada(self, admin: str, role: str = "viewer") -> str:
        """Make Ada with a role and return her access token."""
        body = {"name": "ada", "password": PASSWORD}
        assert (await self.ask("POST", "/api/v1/users", admin, body)).status_code == 201
        bind = {"user": "ada", "role": role}
        answer = await self.ask("POST", "/api/v1/bindings", admin, bind)
        assert answer.status_code == 201, answer.text
        return str((await self.log_in("ada", PASSWORD))["access_token"])


async def until(true: Callable[[], Any]) -> None:
    """Wait for a condition."""
    ends = time.monotonic() + PATIENCE
    while not await true():
        assert time.monotonic() < ends
        await asyncio.sleep(0.01)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    own = [part.type for each in MODULES for part in each.each(SettingsPart)]
    kinds: list[Any] = [*PLATFORM_SECTIONS.values(), *own, PipelinesSettings]
    sections = [kind() for kind in kinds]
    settings = Settings(
        "development", Home(tmp_path), {type(each): each for each in sections}
    )
    folders = [
        (module.name, part.migrations)
        for module in MODULES
        for part in module.each(TablePart)
    ]
    migrate(tmp_path / FILE, folders)
    application = assemble(settings, MODULES)
    container = application.container
    parts = [kind for each in AUTH.each(LifecyclePart) for kind in each.types]
    opened: list[Any] = [await container.get(kind) for kind in parts]
    opened.append(await container.get(OutboxRelay))
    for each in opened:
        await each.open()
    edge: Any = Edge(
        application.web,  # type: ignore[arg-type]
        container=container,
        authenticator=await container.get(Authenticator),
        cookies=None,
        settings=HttpSettings(allowed_hosts=("test",)),
        metrics=await container.get(HttpMetrics),
    )
    password = await application.first_start()
    transport = httpx.ASGITransport(edge)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Server(application, client, str(password))
    for each in reversed(opened):
        await each.close()
    await container.close()


async def test_a_log_in_opens_what_the_role_allows(server: Server) -> None:
    """The administrator of the first start makes a viewer, who may only look."""
    admin = str((await server.log_in())["access_token"])
    ada = await server.add_ada(admin)

    me = (await server.ask("GET", "/api/v1/me", ada)).json()
    assert me["name"] == "ada"
    assert [(each["role"], each["scope"]) for each in me["bindings"]] == [
        ("viewer", "/")
    ]
    assert (await server.ask("GET", "/api/v1/users", ada)).status_code == 403
    assert (await server.ask("GET", "/api/v1/users")).status_code == 401
    users = (await server.ask("GET", "/api/v1/users?limit=1", admin)).json()
    assert [user["name"] for user in users["items"]] == ["ada"]
    assert users["next"]


async def test_a_disabled_user_is_out_at_once(server: Server) -> None:
    """Access tokens that were good a moment ago are refused."""
    admin = str((await server.log_in())["access_token"])
    ada = await server.add_ada(admin)
    assert (await server.ask("GET", "/api/v1/me", ada)).status_code == 200
    await server.ask("POST", "/api/v1/users/ada/disable", admin)

    async def out() -> bool:
        return (await server.ask("GET", "/api/v1/me", ada)).status_code == 401

    await until(out)
    body = {"username": "ada", "password": PASSWORD}
    answer = await server.ask("POST", "/api/v1/auth/login", body=body)
    assert answer.status_code == 401


async def test_a_taken_role_is_gone_with_the_answer(server: Server) -> None:
    """What was cached of the decision is not used any more."""
    admin = str((await server.log_in())["access_token"])
    ada = await server.add_ada(admin, "admin")
    assert (await server.ask("GET", "/api/v1/users", ada)).status_code == 200
    bindings = (await server.ask("GET", "/api/v1/bindings?user=ada", admin)).json()
    path = f"/api/v1/bindings/{bindings['items'][0]['id']}"
    assert (await server.ask("DELETE", path, admin)).status_code == 204

    assert (await server.ask("GET", "/api/v1/users", ada)).status_code == 403
    path = "/api/v1/users/admin/disable"
    assert (await server.ask("POST", path, admin)).status_code == 409


async def test_a_new_password_ends_the_other_sessions(server: Server) -> None:
    """The one it was changed in goes on."""
    mine, other = await server.log_in(), await server.log_in()
    body = {"password": PASSWORD, "old": server.password}
    path = "/api/v1/users/admin/password"
    answer = await server.ask("PUT", path, mine["access_token"], body)
    assert answer.status_code == 204

    async def out() -> bool:
        answer = await server.ask("GET", "/api/v1/me", other["access_token"])
        return answer.status_code == 401

    await until(out)
    answer = await server.ask("GET", "/api/v1/me", mine["access_token"])
    assert answer.status_code == 200


async def test_tokens_are_renewed_and_given_back(server: Server) -> None:
    """Refresh, log out, and nothing is good any more; answers are never stored."""
    tokens = await server.log_in()
    body = {"refresh_token": tokens["refresh_token"]}
    answer = await server.ask("POST", "/api/v1/auth/refresh", body=body)
    renewed = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert renewed["token_type"] == "Bearer"
    assert 0 < renewed["expires_in"] <= 900
    access = renewed["access_token"]
    assert (await server.ask("POST", "/api/v1/auth/logout", access)).status_code == 204

    assert (await server.ask("GET", "/api/v1/me", access)).status_code == 401
    body = {"refresh_token": renewed["refresh_token"]}
    answer = await server.ask("POST", "/api/v1/auth/refresh", body=body)
    assert answer.status_code == 401


async def test_guessing_is_slowed_and_told(server: Server) -> None:
    """429 with `Retry-After`, and the trail has it."""
    body = {"username": "admin", "password": "wrong"}
    codes = [
        (await server.ask("POST", "/api/v1/auth/login", body=body)).status_code
        for _ in range(6)
    ]
    assert codes[:5] == [401] * 5
    assert codes[5] in {401, 429}

    scope = server.application.scopes.enter(service("test"))
    async with scope as container:
        recovery: Recovery = await container.get(Recovery)
        password = await recovery.reset_administrator()
    admin = str((await server.log_in(password=password))["access_token"])

    async def recorded() -> bool:
        answer = await server.ask("GET", "/api/v1/audit?outcome=refused", admin)
        items = answer.json()["items"]
        return any(item["action"] == "auth.session.login" for item in items)

    await until(recorded)


async def test_the_key_set_verifies_our_tokens(server: Server) -> None:
    """A stranger with nothing but the JWKS can tell who it is."""
    tokens = await server.log_in()
    answer = await server.ask("GET", "/.well-known/jwks.json")
    keys = KeySet.import_key_set(answer.json())
    token = jwt.decode(tokens["access_token"], keys, algorithms=["Ed25519"])

    assert token.claims["name"] == "admin"
    assert "d" not in answer.json()["keys"][0]


async def test_the_password_is_generated_until_shown(server: Server) -> None:
    """The next start makes a new one; after `shown` none does."""
    again = await server.application.first_start()
    assert again not in {None, server.password}
    await server.log_in(password=str(again))
    scope = server.application.scopes.enter(service("test"))
    async with scope as container:
        first: FirstStart = await container.get(FirstStart)
        await first.shown()

    assert await server.application.first_start() is None


ORDER = {"name": "ci", "scopes": ["identity.user.read"]}
KEYS = "/api/v1/auth/api-keys"


async def make_key(server: Server, token: str, **order: Any) -> Answer:
    answer = await server.ask("POST", KEYS, token, ORDER | order)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made: Answer = answer.json()
    return made


async def test_a_key_opens_what_its_scopes_allow(server: Server) -> None:
    """Some of what its owner may; and it makes no further keys."""
    admin = str((await server.log_in())["access_token"])
    made = await make_key(server, admin)
    secret = made["secret"]

    assert (await server.ask("GET", "/api/v1/users", secret)).status_code == 200
    assert (await server.ask("GET", "/api/v1/bindings", secret)).status_code == 403
    assert (await server.ask("GET", KEYS, secret)).status_code == 403
    assert (await server.ask("POST", KEYS, secret, ORDER)).status_code == 403
    me = (await server.ask("GET", "/api/v1/me", secret)).json()
    assert (me["name"], me["kind"]) == ("admin/ci", "api_key")
    [kept] = (await server.ask("GET", KEYS, admin)).json()["items"]
    assert kept["used_address"] == "127.0.0.1"
    assert "digest" not in kept


async def test_a_revoked_key_is_out_at_once(server: Server) -> None:
    """And a rotated one with its old secret."""
    admin = str((await server.log_in())["access_token"])
    made = await make_key(server, admin)
    path = f"{KEYS}/{made['key']['id']}"
    rotated = (await server.ask("POST", f"{path}/rotate", admin, {})).json()
    users = "/api/v1/users"
    assert (await server.ask("GET", users, made["secret"])).status_code == 401
    assert (await server.ask("GET", users, rotated["secret"])).status_code == 200
    assert (await server.ask("DELETE", path, admin)).status_code == 204

    assert (await server.ask("GET", users, rotated["secret"])).status_code == 401
    assert (await server.ask("DELETE", path, admin)).status_code == 404


async def test_a_key_is_held_to_its_networks_and_its_rate(server: Server) -> None:
    """403 from elsewhere; 429 with the seconds to wait."""
    admin = str((await server.log_in())["access_token"])
    far = await make_key(server, admin, networks=["203.0.113.0/24", "2001:db8::/32"])
    answer = await server.ask("GET", "/api/v1/users", far["secret"])
    assert answer.status_code == 403
    assert answer.json()["code"] == "auth.address_refused"

    slow = await make_key(server, admin, networks=["127.0.0.0/8"], per_minute=1)
    codes = [
        (await server.ask("GET", "/api/v1/users", slow["secret"])) for _ in range(2)
    ]
    assert [each.status_code for each in codes] == [200, 429]
    assert int(codes[1].headers["retry-after"]) > 50
    bad = await server.ask("POST", KEYS, admin, ORDER | {"networks": ["10.0.0.1/8"]})
    assert (bad.status_code, bad.json()["code"]) == (422, "auth.bad_key")


async def test_a_key_has_so_many_places_at_once(server: Server) -> None:
    """What comes while they are taken is told to wait."""
    admin = str((await server.log_in())["access_token"])
    made = await make_key(server, admin, at_once=1)
    asked = [server.ask("GET", "/api/v1/users", made["secret"]) for _ in range(8)]
    codes = {each.status_code for each in await asyncio.gather(*asked)}
    assert codes <= {200, 429}
    answer = await server.ask("GET", "/api/v1/users", made["secret"])
    assert answer.status_code == 200


async def test_other_services_ask_about_tokens(server: Server) -> None:
    """As RFC 7662 has it: a form in, `active` out, and no more when it is not good."""
    tokens = await server.log_in()
    admin = str(tokens["access_token"])
    key = await make_key(server, admin)

    async def look(token: str, by: str = admin) -> httpx.Response:
        headers = {"Authorization": f"Bearer {by}"}
        path = "/api/v1/auth/introspect"
        return await server.client.post(path, headers=headers, data={"token": token})

    mine = (await look(admin)).json()
    assert (mine["active"], mine["username"], mine["kind"]) == (True, "admin", "user")
    assert 0 < mine["exp"] - time.time() <= 900
    its = (await look(key["secret"])).json()
    assert (its["kind"], its["scope"]) == ("api_key", "identity.user.read")
    for wrong in ("nonsense", tokens["refresh_token"], "flk_x", ""):
        assert (await look(wrong)).json() == {"active": False}
    assert (await look(admin, by=key["secret"])).status_code == 403
    assert (await server.ask("POST", "/api/v1/auth/introspect")).status_code == 401


async def test_keys_are_rotated_under_way(server: Server) -> None:
    """Old tokens stay good, until they are to end at once."""
    admin = str((await server.log_in())["access_token"])
    path = "/api/v1/auth/rotate-keys"
    made = (await server.ask("POST", path, admin, {})).json()
    published = (await server.ask("GET", "/.well-known/jwks.json")).json()["keys"]
    assert made["kid"] in {key["kid"] for key in published}
    assert len(published) == 2
    assert (await server.ask("GET", "/api/v1/me", admin)).status_code == 200
    answer = await server.ask("POST", path, admin, {"at_once": True})
    assert answer.status_code == 200

    assert (await server.ask("GET", "/api/v1/me", admin)).status_code == 401
    again = str((await server.log_in())["access_token"])
    assert (await server.ask("GET", "/api/v1/me", again)).status_code == 200


async def test_sessions_are_seen_and_ended(server: Server) -> None:
    """One by one, or all of them."""
    mine = str((await server.log_in())["access_token"])
    await server.log_in()
    path = "/api/v1/auth/sessions"
    items = (await server.ask("GET", path, mine)).json()["items"]
    assert [each["current"] for each in items] == [False, True]
    assert items[0]["device"] == "python-httpx"
    other = f"{path}/{items[0]['id']}"
    assert (await server.ask("DELETE", other, mine)).status_code == 204
    body = {"user": "admin"}
    answer = await server.ask("POST", "/api/v1/auth/logout-everywhere", mine, body)
    assert answer.json() == {"ended": 1}
    assert (await server.ask("GET", path, mine)).status_code == 401


async def test_floods_of_strangers_leave_few_entries(server: Server) -> None:
    """Of names, of tokens and of refresh tokens that are none; the rest is counted."""
    for number in range(40):
        body = {"username": f"eve{number}", "password": PASSWORD}
        await server.ask("POST", "/api/v1/auth/login", body=body)
        bad = await server.ask("GET", "/api/v1/me", f"token{number}")
        assert bad.status_code == 401
        body = {"refresh_token": f"token{number}"}
        assert (await server.ask("POST", "/api/v1/auth/refresh", body=body)).is_error
    admin = str((await server.log_in())["access_token"])

    async def refused() -> list[Answer]:
        path = "/api/v1/audit?outcome=refused&limit=200"
        items: list[Answer] = (await server.ask("GET", path, admin)).json()["items"]
        return items

    async def all_there() -> bool:
        return len(await refused()) >= 3

    await until(all_there)
    entries = await refused()
    assert len(entries) <= 8
    assert {(entry["action"], entry["target"]) for entry in entries} == {
        ("auth.session.login", "users/unknown"),
        ("auth.session.refresh", "sessions/unknown"),
        ("auth.credential.verify", "credentials/unknown"),
    }
    assert {entry["actor"] for entry in entries} == {"anonymous"}


async def test_what_one_holds_nothing_of_is_refused_by_its_name(server: Server) -> None:
    """Without an object there is the request's method and path to name."""
    admin = str((await server.log_in())["access_token"])
    ada = await server.add_ada(admin)
    denied = await server.ask("DELETE", "/api/v1/users/bob/sessions", ada)
    created = await server.ask("POST", "/api/v1/users", ada, {"name": "x"})
    assert (denied.status_code, created.status_code) == (404, 403)

    async def targets() -> set[str]:
        path = "/api/v1/audit?outcome=refused&actor=ada"
        answer = (await server.ask("GET", path, admin)).json()
        return {entry["target"] for entry in answer["items"]}

    async def named() -> bool:
        return "POST /api/v1/users" in await targets()

    await until(named)
