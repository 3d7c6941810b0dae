"""Operations in the whole product: how fast a queue drains, how fast a slot is used.

Beside it in the same run a plain queue in SQLite, which only changes states, and
Temporal's development server, where that is installed (make components temporal).
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from uuid import UUID

import uvloop

from fairlead.app import Application, prepare
from fairlead.cli.settings import ExampleSettings
from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import Json, Steps, Workflow
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import service
from fairlead.kernel.work import UnitOfWork
from fairlead.services.operations.domain.record import queue
from fairlead.services.operations.ports import OperationStore
from fairlead.services.operations.public import (
    OperationFilter,
    Operations,
    OperationState,
    Submission,
)
from fairlead.testing.components import find
from fairlead.testing.temporal_server import TemporalServer

Row = tuple[str, float, str, str]
QUEUED = 10_000
PLAIN_QUEUED, THEIR_QUEUED, PATIENCE = 2_000, 200, 120.0
HANDED_ON = 300
SUBMITTED = 2_000
WHO = service("benchmark")
PLUGIN = """
import time
from fairlead.adapters.engine.part import EnginePart
from fairlead.kernel.engine import Workflow
from fairlead.kernel.module import Manifest, Module

TIMES = []

async def note(steps, argument):
    TIMES.append(time.perf_counter())
    return None

MODULE = Module(
    manifest=Manifest(name="work_for_benchmark", version="1.0.0"),
    parts=(
        EnginePart((Workflow(name="bench.note", function=note),), ()),
    ),
)
"""


def rows() -> list[Row]:
    """Measure and return the rows: name, value, unit, bar."""
    with tempfile.TemporaryDirectory() as drained, tempfile.TemporaryDirectory() as one:
        return [
            *uvloop.run(_drain(Path(drained))),
            _plain_queue(Path(one)),
            *uvloop.run(_temporal()),
            *uvloop.run(_hand_on(Path(one))),
        ]


def _plain_queue(folder: Path) -> Row:
    """Drain a table one by one: a durable transaction for each change of a state."""
    database = sqlite3.connect(folder / "plain.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE work (id INTEGER PRIMARY KEY, state TEXT NOT NULL)")
    database.execute("CREATE INDEX by_state ON work (state, id)")
    database.execute("BEGIN")
    database.executemany(
        "INSERT INTO work (state) VALUES (?)", [("queued",)] * PLAIN_QUEUED
    )
    database.execute("COMMIT")
    query = "SELECT id FROM work WHERE state = 'queued' ORDER BY id LIMIT 1"
    change = "UPDATE work SET state = ? WHERE id = ?"
    began = time.perf_counter()
    while found := database.execute(query).fetchone():
        database.execute(change, ("running", found[0]))
        database.execute(change, ("succeeded", found[0]))
    seconds = time.perf_counter() - began
    database.close()
    what = "plain sqlite3 worker, a commit per change (FULL)"
    return (what, PLAIN_QUEUED / seconds, "1/s", "")


async def _temporal() -> list[Row]:
    """Start workflows without a step and wait for the end of all."""
    program = find("temporal")
    if program is None:
        return []
    # imported here: an extra
    from fairlead.adapters.temporal.connection import Place  # noqa: PLC0415
    from fairlead.adapters.temporal.engine import TemporalEngine  # noqa: PLC0415
    from fairlead.adapters.temporal.told import ToldFile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        server = TemporalServer(program, Path(folder), options=None).start()
        engine = TemporalEngine(
            Place(address=server.address, namespace="default", task_queue="bench"),
            workflows=(Workflow(name="note", function=_note),),
            activities={},
            told=ToldFile(Path(folder) / "told.db"),
        )
        await engine.open()
        keys = [f"drain-{number}" for number in range(THEIR_QUEUED)]
        began = time.perf_counter()
        await asyncio.gather(*(engine.start("note", None, id=key) for key in keys))
        ends = (engine.result(key, timeout_seconds=PATIENCE) for key in keys)
        await asyncio.gather(*ends)
        seconds = time.perf_counter() - began
        await engine.close()
        server.stop()
    return [("Temporal: 200 started and drained", THEIR_QUEUED / seconds, "1/s", "")]


async def _note(steps: Steps, argument: Json) -> Json:
    return None


async def _drain(home: Path) -> list[Row]:
    application = _prepare(home, limit=16)
    await _fill(application)
    began, busy = time.perf_counter(), time.process_time()
    async with _opened(application):
        await _until_ended(application)
        seconds = time.perf_counter() - began
        cost = (time.process_time() - busy) / QUEUED
        began = time.perf_counter()
        await asyncio.gather(*(_submit(application) for _ in range(SUBMITTED)))
        submitted = SUBMITTED / (time.perf_counter() - began)
    return [
        ("queued operations drained", QUEUED / seconds, "1/s", ">= 1,000"),
        ("CPU of one, the whole product", cost * 1000, "ms", ""),
        ("submitted, 2,000 at once, while they run", submitted, "1/s", ""),
    ]


async def _hand_on(home: Path) -> list[Row]:
    """Let operations follow one another in a single slot: three commits a time."""
    application = _prepare(home, limit=1)
    async with _opened(application):
        ids = [await _submit(application) for _ in range(HANDED_ON)]
        async with application.scopes.enter(WHO) as scope:
            operations = await scope.get(Operations)
            for operation_id in ids:
                await operations.wait(operation_id)
    times = sys.modules["work_for_benchmark.module"].TIMES[-HANDED_ON:]
    gaps = [(later - earlier) * 1000 for earlier, later in pairwise(times)]
    return [
        ("from one to the next in its slot, p50", median(gaps), "ms", "< 10"),
        ("from one to the next in its slot, p95", quantiles(gaps, n=20)[-1], "ms", ""),
    ]


def _prepare(home: Path, *, limit: int) -> Application:
    package = home / "plugins" / "work_for_benchmark"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "module.py").write_text(PLUGIN)
    environ = {
        "FAIRLEAD_HOME": str(home),
        "FAIRLEAD_OPERATIONS__LIMIT": str(limit),
        "FAIRLEAD_LOG__LEVEL": "error",
    }
    return prepare(environ, sections={"example": ExampleSettings})


@asynccontextmanager
async def _opened(application: Application) -> AsyncIterator[None]:
    try:
        await application.open()
        yield
    finally:
        await application.close()
        application.release()


async def _fill(application: Application) -> None:
    async with application.scopes.enter(WHO) as scope:
        store, work = await scope.get(OperationStore), await scope.get(UnitOfWork)
        clock = await scope.get(Clock)
        async with work:
            for _ in range(QUEUED):
                record = queue(WHO, _submission(), parent=None, at=clock.now())
                await store.add(record)


async def _submit(application: Application) -> UUID:
    async with application.scopes.enter(WHO) as scope:
        operations: Operations = await scope.get(Operations)
        submitted = await operations.submit(WHO, _submission())
    return submitted.id


def _submission() -> Submission:
    return Submission(
        id=new_id(), kind="bench.note", argument=None, subject="benchmark"
    )


async def _until_ended(application: Application) -> None:
    async with application.scopes.enter(WHO) as scope:
        operations = await scope.get(Operations)
        for state in (OperationState.QUEUED, OperationState.RUNNING):
            wanted, page = OperationFilter(state=state), PageRequest(limit=1)
            while items := (await operations.list(WHO, wanted, page)).items:
                await operations.wait(items[0].id)
