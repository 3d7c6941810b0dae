"""A database that goes away while people log in: 503, nothing half done, and back."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from fairlead.testing.people import Person
from fairlead.testing.postgres import PostgresServer
from fairlead.testing.server import PASSWORD, TestServer, eventually, test_server

LOGIN, REFRESH = "/api/v1/auth/login", "/api/v1/auth/refresh"
BODY = {"username": "admin", "password": PASSWORD}
AWAY = (503, "sql.unavailable", 5)


def asked(caller: Person, method: str, path: str, body: Any = None) -> Any:
    """Return the status of an answer; of a failure its code and the wait, too."""
    told = caller.call(method, path, body)
    if told.status < 400:
        return told.status
    problem = told.json()
    return told.status, problem["code"], problem.get("retry_after")


@contextmanager
def logging_in(server: TestServer, seen: list[Any]) -> Iterator[None]:
    """Have three callers log in again and again meanwhile."""
    over = threading.Event()
    deadline = time.monotonic() + 120

    def go_on() -> None:
        caller = Person(server.port)
        while not over.is_set() and time.monotonic() < deadline:
            try:
                seen.append(asked(caller, "POST", LOGIN, BODY))
            except (OSError, HTTPException) as error:
                seen.append(repr(error))

    threads = [threading.Thread(target=go_on) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(60)


def nothing_changes(admin: Person, refresh_token: str) -> None:
    """Refuse what would write, without forgetting what is known."""
    assert asked(admin, "POST", LOGIN, BODY) == AWAY
    assert asked(admin, "POST", LOGIN, {**BODY, "password": "wrong"}) == AWAY
    assert asked(admin, "POST", REFRESH, {"refresh_token": refresh_token}) == AWAY
    assert asked(admin, "POST", "/api/v1/auth/logout") == AWAY
    page = admin.submit("/login", {**BODY, "next": "/"})
    assert page.status == 503
    assert not page.cookie
    stranger = Person(admin.port, token="a.b.c")
    assert asked(stranger, "GET", "/api/v1/me")[0] in {401, 503}


def all_is_as_before(admin: Person, refresh_token: str) -> None:
    """What was refused did not happen: not even the log-out."""
    eventually(lambda: asked(admin, "GET", "/api/v1/me") == 200, "it is back")
    assert asked(admin, "POST", REFRESH, {"refresh_token": refresh_token}) == 200


def pair(caller: Person) -> str:
    told = caller.call("POST", LOGIN, BODY)
    assert told.status == 200
    caller.token = told.json()["access_token"]
    return str(told.json()["refresh_token"])


def test_postgresql_may_die_while_people_log_in(
    component: Callable[[str], Path], tmp_path: Path
) -> None:
    """Whoever was told that they are logged in is, once; nobody else is."""
    database = PostgresServer(component("postgresql")).start()
    name = database.empty()
    count = "SELECT count(*) FROM auth.auth_sessions"
    try:
        with test_server(tmp_path, FAIRLEAD_DATABASE__URL=database.url(name)) as server:
            admin = Person(server.port)
            refresh_token = pair(admin)
            begun = int(database.query(count, name)[0])
            seen: list[Any] = []
            with logging_in(server, seen):
                eventually(lambda: seen.count(200) > 3, "somebody logged in")
                database.kill()
                eventually(lambda: AWAY in seen, "somebody could not")
                nothing_changes(admin, refresh_token)
                database.start()
                known = len(seen)
                eventually(lambda: 200 in seen[known:], "somebody can again")
            all_is_as_before(admin, refresh_token)

            assert set(seen) == {200, AWAY}
            sessions = int(database.query(count, name)[0]) - begun
            # a commit whose answer died with the database may have happened
            assert seen.count(200) <= sessions <= seen.count(200) + 3
            assert asked(Person(server.port), "GET", "/healthz") == 200
    finally:
        database.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a server's folder whose data lies on a disk of 24 MB."""
    data = tmp_path / "server" / "data"
    data.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(data)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        pytest.skip(f"no small disk: {done.stderr.strip()}")
    try:
        yield tmp_path / "server"
    finally:
        subprocess.run(["umount", "--lazy", str(data)], check=True)  # noqa: S603, S607


def wrote(file: int, size: int) -> bool:
    """Tell whether there was room for so much."""
    try:
        return os.write(file, b"x" * size) > 0
    except OSError:
        return False


def test_a_full_disk_keeps_out_and_forgets_nobody(folder: Path) -> None:
    """With room again everything goes on, without a restart."""
    with test_server(folder) as server:
        admin = Person(server.port)
        refresh_token = pair(admin)
        filler = folder / "data" / "filler"
        file = os.open(filler, os.O_WRONLY | os.O_CREAT)
        for size in (65536, 512):
            while wrote(file, size):
                pass
        eventually(lambda: asked(admin, "POST", LOGIN, BODY) == AWAY, "it is full")
        nothing_changes(admin, refresh_token)
        os.close(file)
        filler.unlink()

        eventually(lambda: asked(admin, "POST", LOGIN, BODY) == 200, "there is room")
        all_is_as_before(admin, refresh_token)
