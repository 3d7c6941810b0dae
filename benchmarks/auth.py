"""Permission checks and log-ins, with the real stores, hashes and tokens."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
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
from fairlead.services.authz.domain import OwnRole, RoleBook, built_in_roles
from fairlead.services.authz.public import project_scope
from fairlead.services.authz.sql import (
    SqlBindingStore,
    SqlGroupStore,
    SqlRoleStore,
    SqlVersionStore,
)
from fairlead.services.authz.sql.bindings import bindings
from fairlead.services.authz.sql.groups import members
from fairlead.services.authz.use_cases.cache import GrantCache
from fairlead.services.authz.use_cases.decide import LocalAuthorizer
from fairlead.services.authz.use_cases.holdings import Holdings, RoleBooks
from fairlead.testing.database import migrated_database
from fairlead.testing.fakes import RecordingTrail

Row = tuple[str, float, str, str]

FEW, MANY = 100, 10_000
ROLES, PERMISSIONS = 50, 200
OWN_ROLES = ROLES - len(built_in_roles(()))
GROUPS = [UUID(int=1_000_000 + number) for number in range(100)]
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
    """Return the median of a check by random users in random projects.

    Half of what they have comes by groups; most roles include others.
    """
    names = [f"module{number}.thing.act" for number in range(PERMISSIONS)]
    callers = [Principal(id=new_id(), name=f"u{number}") for number in range(users)]
    projects = [UUID(int=number) for number in range(100)]
    authorizer = _authorizer(connection, RoleBook.of(names))
    async with SqlUnitOfWork(connection):
        for role in _roles(names):
            await authorizer.holdings.books.roles.add(role)
        await connection.execute_many(bindings.insert(), _bindings(callers, projects))
        await connection.execute_many(members.insert(), _members(callers))
    for who in callers:
        await authorizer.allows(who, names[0])
    spent = []
    for number in range(ROUNDS):
        place = number * 7919 % users
        who, scope = callers[place], project_scope(projects[place % len(projects)])
        permission = names[place % OWN_ROLES + number % 50 * 3]
        began = time.perf_counter()
        await authorizer.require(who, permission, on=scope)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1e6


def _authorizer(connection: Connection, built_in: RoleBook) -> LocalAuthorizer:
    holdings = Holdings(
        books=RoleBooks(
            built_in=built_in, roles=SqlRoleStore(connection, DEFAULT_TENANT)
        ),
        bindings=SqlBindingStore(connection, DEFAULT_TENANT),
        groups=SqlGroupStore(connection, DEFAULT_TENANT),
        versions=SqlVersionStore(connection, DEFAULT_TENANT),
        cache=GrantCache(),
    )
    return LocalAuthorizer(holdings=holdings, trail=RecordingTrail())


def _roles(names: list[str]) -> Iterator[OwnRole]:
    """Yield roles that each hold every third permission, all but the first by one."""
    for number in range(OWN_ROLES):
        yield OwnRole(
            name=f"role{number}",
            permissions=frozenset(names[number::3]),
            includes=frozenset({f"role{number - 1}"} if number % 3 else {"guest"}),
        )


def _bindings(
    callers: list[Principal], projects: list[UUID]
) -> list[Mapping[str, object]]:
    """Return one binding of each user, and two of each group."""
    holders = [(who.id, who.name, "user", place) for place, who in enumerate(callers)]
    holders += [
        (GROUPS[number], f"g{number}", "group", place)
        for number in range(len(GROUPS))
        for place in (number, number + 1)
    ]
    return [
        {
            "id": new_id(),
            "tenant_id": DEFAULT_TENANT,
            "principal_id": holder,
            "principal_name": name,
            "principal_kind": kind,
            "role": f"role{place % OWN_ROLES}",
            "scope": project_scope(projects[place % len(projects)]),
            "project_id": projects[place % len(projects)],
            "created_at": CLOCK.now(),
        }
        for holder, name, kind, place in holders
    ]


def _members(callers: list[Principal]) -> list[Mapping[str, object]]:
    """Put every user into the group of the project after theirs."""
    return [
        {
            "tenant_id": DEFAULT_TENANT,
            "group_id": GROUPS[(place + 1) % len(GROUPS)],
            "user_id": who.id,
            "user_name": who.name,
            "since": CLOCK.now(),
        }
        for place, who in enumerate(callers)
    ]


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
