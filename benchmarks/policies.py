"""What policies cost a decision and a list."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from fairlead.adapters.wiring.clock import SystemClock
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import DEFAULT_TENANT, Origin, Principal
from fairlead.services.authz.cedar.language import CedarLanguage
from fairlead.services.authz.domain import Grants, RoleBook
from fairlead.services.authz.memory import (
    MemoryBindingStore,
    MemoryGroupStore,
    MemoryRoleStore,
    MemoryVersionStore,
)
from fairlead.services.authz.public import ROOT, Policy, project_scope
from fairlead.services.authz.use_cases.cache import GrantCache, Held
from fairlead.services.authz.use_cases.decide import LocalAuthorizer
from fairlead.services.authz.use_cases.holdings import Holdings, RoleBooks
from fairlead.testing.fakes import RecordingTrail

Row = tuple[str, float, str, str]

CLOCK = SystemClock()
WHO = Principal(id=UUID(int=1), name="ada", origin=Origin(address="10.0.0.1"))
START, OTHER = "pipelines.run.start", "projects.project.read"
PLACE = project_scope(UUID(int=5))
ROUNDS = 300
NAMED = 10  # different projects that policies name


def rows() -> list[Row]:
    """Return what was measured, its value, its unit and its bar."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    found: list[Row] = []
    elsewhere = _authorizer(1_000)
    unconcerned = await _median(partial(elsewhere.allows, WHO, OTHER, on=PLACE))
    found.append(("decision no policy concerns, of 1,000", unconcerned, "us", "<= 10"))
    for number in (1, 100, 1_000):
        authorizer = _authorizer(number)
        check = await _median(partial(authorizer.allows, WHO, START, on=PLACE))
        cut = await _median(partial(authorizer.reach, WHO, START))
        found.append((f"decision under {number:,} policies", check, "us", ""))
        found.append((f"reach of a list under {number:,} policies", cut, "us", ""))
    return found


async def _median(ask: Callable[[], Awaitable[object]]) -> float:
    await ask()
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await ask()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1e6


def _authorizer(policies: int) -> LocalAuthorizer:
    """Return one that knows a caller who may do everything, and so many policies."""
    cache = GrantCache(lambda: 0.0)
    cache.should_look(DEFAULT_TENANT)
    grants = Grants({ROOT: frozenset({START, OTHER})}, frozenset({"dev"}))
    made = [_policy(number) for number in range(policies)]
    cache.keep(WHO, Held(grants, CedarLanguage(CLOCK).restrictions(made)), version=0)
    holdings = Holdings(
        books=RoleBooks(built_in=RoleBook({}), roles=MemoryRoleStore()),
        bindings=MemoryBindingStore(),
        groups=MemoryGroupStore(),
        versions=MemoryVersionStore(),
        cache=cache,
    )
    return LocalAuthorizer(holdings=holdings, trail=RecordingTrail())


def _policy(number: int) -> Policy:
    place = project_scope(UUID(int=number % NAMED))
    return Policy(
        id=new_id(),
        name=f"policy-{number:04}",
        summary="",
        text=f'forbid (principal, action, resource in Scope::"{place}")\n'
        f'when {{ context.hour == 24 || principal.name == "user-{number}" }}\n'
        'unless { principal.groups.contains("on-call") };',
        permissions=frozenset({START}),
        enabled=True,
        version=1,
        created_at=CLOCK.now(),
        updated_at=CLOCK.now(),
    )
