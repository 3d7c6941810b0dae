"""Projects over HTTP, on real tables, wired as the product wires them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from dishka import Provider, Scope, from_context, make_async_container, provide
from litestar import Litestar
from typing_extensions import override

from fairlead.adapters.http.problems import foreseen
from fairlead.adapters.settings.home import Home
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.events import Outbox
from fairlead.kernel.principal import Principal, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.projects.http import ProjectController
from fairlead.modules.projects.module import ProjectsProvider
from fairlead.modules.projects.permissions import (
    PROJECT_CREATE,
    PROJECT_DELETE,
    PROJECT_READ,
    PROJECT_UPDATE,
)
from fairlead.modules.projects.settings import ProjectsSettings
from fairlead.services.audit.public import AuditTrail
from fairlead.services.authz.public import Authorizer
from fairlead.testing.database import migrated_database
from fairlead.testing.fakes import (
    FrozenClock,
    GrantList,
    RecordingOutbox,
    RecordingTrail,
)
from fairlead.testing.server import make_repository

ADA = Principal(id=UUID(int=7), name="ada")
Client = httpx.AsyncClient


class Platform(Provider):
    """What app.py gives to every module."""

    scope = Scope.REQUEST
    who = from_context(Principal, scope=Scope.REQUEST)
    work = provide(SqlUnitOfWork, provides=UnitOfWork)

    def __init__(self, database: SqliteDatabase) -> None:
        super().__init__()
        self._database = database

    @provide(scope=Scope.APP)
    def home(self) -> Home:
        return Home(self._database.file.parent / "data")

    @provide(scope=Scope.APP)
    def settings(self) -> ProjectsSettings:
        return ProjectsSettings(local_roots=(str(self._database.file.parent),))

    @provide
    def connection(self) -> Connection:
        return self._database.connection()

    @provide
    def tenant(self, who: Principal) -> TenantId:
        return who.tenant_id

    @provide(scope=Scope.APP)
    def clock(self) -> Clock:
        return FrozenClock(datetime(2026, 1, 1, tzinfo=UTC))

    @provide(scope=Scope.APP)
    def outbox(self) -> Outbox:
        return RecordingOutbox()

    @provide(scope=Scope.APP)
    def trail(self) -> AuditTrail:
        return RecordingTrail()

    @provide(scope=Scope.APP)
    def authorizer(self) -> Authorizer:
        return GrantList(PROJECT_CREATE, PROJECT_READ, PROJECT_UPDATE, PROJECT_DELETE)


class Signed(httpx.ASGITransport):
    """Calls the application as Ada."""

    def __init__(self, app: Any, container: Any) -> None:
        super().__init__(self._serve)
        self._app, self._container = app, container

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        async with self._container(context={Principal: ADA}) as container:
            state = {"request_id": "r", "dishka_container": container}
            scope.setdefault("state", {}).update(state)
            await self._app(scope, receive, send)

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await super().handle_async_request(request)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    app = Litestar([ProjectController], exception_handlers={FairleadError: foreseen})
    make_repository(tmp_path / "code", {"a": "1"})
    async with migrated_database(tmp_path, ["projects"]) as database:
        container = make_async_container(Platform(database), ProjectsProvider())
        transport = Signed(app, container)
        async with Client(transport=transport, base_url="http://test/api/v1") as client:
            yield client
        await container.close()


async def test_a_project_is_created_shown_and_listed(
    client: Client, tmp_path: Path
) -> None:
    body = {"name": "hello", "repository": str(tmp_path / "code")}
    made = await client.post("/projects", json=body)
    by_name = await client.get("/projects/hello")
    by_id = await client.get(made.headers["location"].removeprefix("/api/v1"))
    listed = (await client.get("/projects?limit=1")).json()

    assert made.status_code == 201
    assert made.json() == {
        **body,
        "id": made.json()["id"],
        "branch": "",
        "created_at": "2026-01-01T00:00:00Z",
    }
    assert by_name.json() == by_id.json() == made.json()
    assert listed == {"items": [made.json()], "next": None}


async def test_refusals_are_problems(client: Client, tmp_path: Path) -> None:
    body = {"name": "hello", "repository": str(tmp_path / "code")}
    await client.post("/projects", json=body)
    missing = {"name": "other", "repository": str(tmp_path / "nothing")}
    answers = [
        await client.post("/projects", json=body),
        await client.post("/projects", json=missing),
        await client.post("/projects", json={**body, "colour": "red"}),
        await client.get("/projects/nothing"),
    ]

    assert [answer.status_code for answer in answers] == [409, 422, 400, 404]
    assert str(tmp_path / "nothing") in answers[1].text
    assert answers[3].json()["code"] == "projects.not_found"


async def test_a_change_is_guarded_by_the_etag(client: Client, tmp_path: Path) -> None:
    body = {"name": "hello", "repository": str(tmp_path / "code")}
    first = (await client.post("/projects", json=body)).headers["etag"]
    path = "/projects/hello"
    changed = await client.patch(
        path, json={"branch": "main"}, headers={"If-Match": first}
    )
    late = await client.patch(path, json={"branch": "dev"}, headers={"If-Match": first})
    careless = await client.patch(path, json={"branch": "dev"})

    assert changed.json()["branch"] == "main"
    assert changed.headers["etag"] not in {first, careless.headers["etag"]}
    assert (late.status_code, late.json()["code"]) == (409, "projects.changed")
    assert careless.json()["branch"] == "dev"


async def test_a_deleted_project_is_gone(client: Client, tmp_path: Path) -> None:
    body = {"name": "hello", "repository": str(tmp_path / "code")}
    await client.post("/projects", json=body)
    gone = await client.delete("/projects/hello")

    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.delete("/projects/hello")).status_code == 404
