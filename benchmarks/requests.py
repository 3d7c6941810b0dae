"""What the platform adds to a request, and pages of lists that are long.

The product, as `fairlead up` serves it, and the framework's bare application on uvicorn
as it comes listen in one process and answer the same client, a process of its own, by
turns. The request is a plain read: its caller is authenticated by an access token,
let through by the gate and authorised for the project it names. Of such a request the
audit trail would keep a refusal; what is allowed and changes nothing leaves no entry.
"""

import asyncio
import contextlib
import gc
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
import uvloop
from litestar import Litestar, get

from fairlead.adapters.http.protocol import Limits, limited
from fairlead.app import Application, prepare
from fairlead.kernel.principal import Origin, Principal, anonymous
from fairlead.services.auth.public import Sessions

Row = tuple[str, float, str, str]

FEW = 10
MANY = int(os.environ.get("FAIRLEAD_BENCH_ROWS", "1000000"))
GETS, PAGES, TURNS = 2000, 300, 5
PASSWORD = "four words make sense"  # noqa: S105 - of a server that lives for a minute
LISTS = ("projects", "runs", "audit")
NEW = {  # of each one more, what tells it from the others; `n` counts on
    "projects_projects": {"name": "'project' || n"},
    "pipelines_runs": {
        "project_id": "'0198' || printf('%028x', 1)",
        "project": "'project1'",
        "number": "n",
        "state": "'succeeded'",
    },
    "audit_entries": {
        "sequence": "last + n",
        "action": "'projects.project.create'",
        "target": "'projects/' || n",
        "outcome": "'done'",
        "actor_kind": "'user'",
    },
}
EMPTY = {  # by the type of a column that needs a value
    "INTEGER": "0",
    "BOOLEAN": "0",
    "JSON": "'{}'",
    "CHAR(32)": "printf('%032x', n)",
    "DATETIME": "datetime('2026-01-01', n || ' seconds') || '.000000'",
}
ALL = {"id": "'0198' || printf('%028x', n)", "tenant_id": "tenant_id"}
CLIENT = """
import json, socket, statistics, sys, time
port, count, head = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
sock = socket.create_connection(("127.0.0.1", port))
def ask():
    sock.sendall(head)
    data = sock.recv(65536)
    assert data.startswith(b"HTTP/1.1 200"), data
    fields, _, body = data.partition(b"\\r\\n\\r\\n")
    size = int(fields.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < size:
        body += sock.recv(65536)
for _ in range(100):
    ask()
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
spent = []
for _ in range(count):
    began = time.perf_counter()
    ask()
    spent.append(time.perf_counter() - began)
print(json.dumps({"seconds": sum(spent), "median": statistics.median(spent)}))
"""


def rows() -> list[Row]:
    """Return what was measured, its value, its unit and its bar."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stderr(nowhere),  # the log's lines are written, unread
    ):
        return uvloop.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[Row]:
    environ = {
        "FAIRLEAD_HOME": str(folder / "data"),
        "FAIRLEAD_CONFIG": str(folder / "config.json"),
        "FAIRLEAD_ADMIN__PASSWORD": PASSWORD,
        "FAIRLEAD_HTTP__REQUESTS_PER_SECOND": "0",
    }
    application = prepare(environ, sections={})
    try:
        await application.open()
        await application.first_start()
        async with (
            _serving(application.asgi, limited(Limits())) as product,
            _serving(Litestar([_hello], openapi_config=None), "httptools") as bare,
        ):
            head = f"Authorization: Bearer {await _token(application)}\r\n"
            data = folder / "data" / "fairlead.db"
            gc.collect()
            gc.freeze()  # as the server does
            return [
                *await _share(bare, product, head, data),
                *await _lists(product, head, data),
            ]
    finally:
        await application.close()
        application.release()


@get("/hello")
async def _hello() -> dict[str, str]:
    return {"hello": "world"}


@contextlib.asynccontextmanager
async def _serving(app: object, http: object) -> AsyncIterator[int]:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        port=0,
        loop="none",
        http=http,  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it tells in no other way
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def _token(application: Application) -> str:
    async with application.container(context={Principal: anonymous(Origin())}) as scope:
        sessions: Sessions = await scope.get(Sessions)
        tokens = await sessions.login("admin", PASSWORD, origin=Origin())
        return tokens.access_token


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """How long the client waited, and what the server worked, per request."""

    rate: float
    median: float
    work: float


async def _ask(port: int, path: str, head: str = "", *, count: int = GETS) -> _Asked:
    text = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n"
    client = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", CLIENT, str(port), str(count), text),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if client.stdout is None or await client.stdout.readline() != b"ready\n":
        raise AssertionError(f"GET {path} failed")
    worked = time.process_time()
    told, _ = await client.communicate(b"go\n")
    worked = time.process_time() - worked
    found = json.loads(told)
    return _Asked(
        rate=count / found["seconds"], median=found["median"], work=worked / count
    )


async def _share(bare: int, product: int, head: str, data: Path) -> list[Row]:
    """Compare by turns, so that what else the machine does hits both alike."""
    _grow(data, FEW)
    path = "/api/v1/projects/project1"
    pairs = [
        (await _ask(bare, "/hello"), await _ask(product, path, head))
        for _ in range(TURNS)
    ]
    work = [plain.work / full.work for plain, full in pairs]
    rate = [full.rate / plain.rate for plain, full in pairs]
    plain_rate = statistics.median(plain.rate for plain, _ in pairs)
    full_rate = statistics.median(full.rate for _, full in pairs)
    full_work = statistics.median(full.work for _, full in pairs)
    return [
        ("bare JSON hello of the framework, one connection", plain_rate, "req/s", ""),
        ("authenticated, authorised, audited GET", full_rate, "req/s", ""),
        ("its share of the bare hello", statistics.median(rate) * 100, "%", ">= 40"),
        ("the same by processor time", statistics.median(work) * 100, "%", ""),
        ("processor time of that GET", full_work * 1e6, "us", ""),
    ]


async def _lists(port: int, head: str, data: Path) -> list[Row]:
    few = {name: await _page(port, name, head) for name in LISTS}
    await asyncio.to_thread(_grow, data, MANY)
    found: list[Row] = []
    for name in LISTS:
        many = await _page(port, name, head)
        what = f"page of {name}"
        found += [
            (f"{what}, {FEW} rows", few[name] * 1e3, "ms", ""),
            (f"{what}, {MANY:,} rows", many * 1e3, "ms", ""),
            (f"{what}, that many to few", many / few[name], "times", "<= 2"),
        ]
    return found


async def _page(port: int, name: str, head: str) -> float:
    asked = await _ask(port, f"/api/v1/{name}?limit={FEW}", head, count=PAGES)
    return asked.median


def _grow(data: Path, rows: int) -> None:
    """Add rows until every list has `rows` of them."""
    with contextlib.closing(sqlite3.connect(data, timeout=60)) as connection:
        for table, known in NEW.items():
            (have,) = connection.execute(
                f"SELECT count(*) FROM {table} WHERE id LIKE '0198%'"  # noqa: S608
            ).fetchone()
            values = _values(connection, table, known)
            connection.execute(
                f"WITH RECURSIVE numbers(n) AS (SELECT {have + 1} UNION ALL "  # noqa: S608
                f"SELECT n + 1 FROM numbers WHERE n < {rows}) INSERT INTO {table} "
                f"SELECT {', '.join(values)} FROM numbers, "
                "(SELECT tenant_id, max(sequence) AS last FROM audit_entries)"
            )
        connection.commit()


def _values(
    connection: sqlite3.Connection, table: str, known: dict[str, str]
) -> list[str]:
    """Return what to put into each column; where nothing is known, nothing."""
    columns = connection.execute(
        'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)', (table,)
    )
    given = ALL | known
    return [
        given.get(name) or default or (EMPTY.get(kind, "''") if needed else "NULL")
        for name, kind, needed, default in columns
    ]
