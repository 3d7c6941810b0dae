"""Permission checks and log-ins, with the real stores, hashes and tokens."""

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.adapters.wiring.clock import SystemClock
from fairlead.app import prepare
from fairlead.cli.settings import ExampleSettings
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import DEFAULT_TENANT, Origin, Principal, service
from fairlead.services.auth.public import Sessions, Verifier
from fairlead.services.authz.domain import RoleBook
from fairlead.services.authz.public import Role, project_scope
from fairlead.services.authz.sql import SqlBindingStore, bindings
from fairlead.services.authz.use_cases.cache import GrantCache
from fairlead.services.authz.use_cases.decide import LocalAuthorizer
from fairlead.testing.database import migrated_database
from fairlead.testing.fakes import RecordingTrail

Row = tuple[str, float, str, str]

FEW, MANY = 100, 10_000
ROLES, PERMISSIONS = 50, 200
ROUNDS = 20_000
LOGINS = 80
AT_ONCE = 2
PASSWORD = "four words make sense"  # noqa: S105 - of a user that lives for a second
CLOCK = SystemClock()


def rows() -> list[Row]:
    """Return what was measured, its value, its unit and its bar."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[Row]:
    few, many = folder / "few", folder / "many"
    checks: dict[int, float] = {}
    for users, place in ((FEW, few), (MANY, many)):
        place.mkdir()
        async with migrated_database(place, ["authz"]) as database:
            checks[users] = await _check(database.connection(), users)
    logins = await _logins(folder / "home")
    return [
        ("permission check, 10,000 users, p50", checks[MANY], "us", "<= 10"),
        ("the same with 100 users", checks[FEW], "us", "flat"),
        ("log-ins, 2 at once, p95", logins.p95, "ms", "< 100"),
        ("log-ins, 2 at once", logins.per_second, "/s", ""),
        ("log-ins, per second of one core's time", logins.per_core, "/s", ">= 15"),
        ("access token, first look", logins.first_look, "us", ""),
        ("access token, known", logins.known, "us", ""),
    ]


async def _check(connection: Connection, users: int) -> float:
    """Return the median of a check by random users in random projects."""
    names = [f"module{number}.thing.act" for number in range(PERMISSIONS)]
    roles = {
        f"role{number}": Role(
            name=f"role{number}",
            summary="",
            permissions=frozenset(names[number::3]),
        )
        for number in range(ROLES)
    }
    store = SqlBindingStore(connection, DEFAULT_TENANT)
    callers = [Principal(id=new_id(), name=f"u{number}") for number in range(users)]
    projects = [UUID(int=number) for number in range(100)]
    granted = [
        {
            "id": new_id(),
            "tenant_id": DEFAULT_TENANT,
            "principal_id": who.id,
            "principal_name": who.name,
            "role": f"role{place % ROLES}",
            "scope": project_scope(projects[place % len(projects)]),
            "created_at": CLOCK.now(),
        }
        for number, who in enumerate(callers)
        for place in (number, number + 1)
    ]
    async with SqlUnitOfWork(connection):
        await connection.execute_many(bindings.insert(), granted)
    authorizer = LocalAuthorizer(
        roles=RoleBook(roles),
        store=store,
        cache=GrantCache(),
        trail=RecordingTrail(),
    )
    for who in callers:
        await authorizer.allows(who, names[0])
    spent = []
    for number in range(ROUNDS):
        place = number * 7919 % users
        who, scope = callers[place], project_scope(projects[place % len(projects)])
        permission = names[place % ROLES + (number % 50) * 3]
        began = time.perf_counter()
        await authorizer.require(who, permission, on=scope)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Logins:
    p95: float
    per_second: float
    per_core: float
    first_look: float
    known: float


async def _logins(home: Path) -> _Logins:
    """Log in to the whole application, without HTTP."""
    environ = {"FAIRLEAD_HOME": str(home), "FAIRLEAD_ADMIN__PASSWORD": PASSWORD}
    application = prepare(environ, sections={"example": ExampleSettings})
    await application.open()
    spent: list[float] = []
    tokens: list[str] = []

    async def worker() -> None:
        for _ in range(LOGINS // AT_ONCE):
            async with application.scopes.enter(service("benchmark")) as scope:
                sessions: Sessions = await scope.get(Sessions)
                began = time.perf_counter()
                given = await sessions.login(
                    "admin", PASSWORD, origin=Origin(address="127.0.0.1")
                )
                spent.append(time.perf_counter() - began)
                tokens.append(given.access_token)

    try:
        await application.first_start()
        worked, began = time.process_time(), time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        seconds, work = time.perf_counter() - began, time.process_time() - worked
        verifier: Verifier = await application.container.get(Verifier)
        return _Logins(
            p95=statistics.quantiles(spent, n=20)[-1] * 1e3,
            per_second=LOGINS / seconds,
            per_core=LOGINS / work,
            first_look=await _look(verifier, tokens),
            known=await _look(verifier, tokens),
        )
    finally:
        await application.close()
        application.release()


async def _look(verifier: Verifier, tokens: list[str]) -> float:
    origin = Origin()
    spent = []
    for token in tokens:
        began = time.perf_counter()
        await verifier.principal(token, origin=origin)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1e6
