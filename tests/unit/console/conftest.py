"""A browser that is logged in to the console over stand-ins."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest
from tests.unit.console.stage import Stage, stage

BASE = "http://console.test"


@dataclass
class Browser:
    """A client with cookies, and what stands behind the pages."""

    client: httpx.AsyncClient
    stage: Stage

    async def login(self) -> httpx.Response:
        """Log in as ada."""
        form = {"username": "ada", "password": "right", "next": "/"}
        return await self.client.post("/login", data=form)

    async def page(self, path: str) -> str:
        """Return the text of a page that must exist."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.text

    async def token(self) -> str:
        """Return the token that forms of this session carry."""
        found = re.search(r'name="form_token" value="(\w+)"', await self.page("/keys"))
        assert found is not None
        return found[1]

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """Send a form as a page of the session would."""
        form = {"form_token": await self.token(), **fields}
        return await self.client.post(path, data=form)


Open = Callable[[Stage], Awaitable[Browser]]


@pytest.fixture
async def open_browser() -> AsyncIterator[Open]:
    clients: list[httpx.AsyncClient] = []

    async def opened(behind: Stage) -> Browser:
        transport = httpx.ASGITransport(await behind.build())
        client = httpx.AsyncClient(transport=transport, base_url=BASE)
        clients.append(client)
        return Browser(client, behind)

    yield opened
    for client in clients:
        await client.aclose()


@pytest.fixture
async def browser(open_browser: Open) -> Browser:
    """A browser logged in with every permission."""
    browser = await open_browser(stage())
    await browser.login()
    return browser
