"""Who may become whom."""

from dataclasses import replace
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from fairlead.kernel.module import Catalog, Manifest
from fairlead.kernel.principal import (
    DEFAULT_TENANT,
    Principal,
    PrincipalKind,
    service,
)
from fairlead.kernel.reach import Reach
from fairlead.services.auth.use_cases.takeovers import LocalTakeovers, covers
from fairlead.services.authz.public import Delegation, Delegations
from fairlead.services.identity.public import Outranked, User
from fairlead.testing.fakes import FrozenClock

IDS = [UUID(int=number) for number in range(3)]
some = st.frozensets(st.sampled_from(IDS), max_size=2)
places = st.frozensets(
    st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=2
)
reaches = st.builds(
    Reach,
    everywhere=st.booleans(),
    projects=some,
    environments=places,
    without_projects=some,
    without_environments=places,
)
PERMISSIONS = {"shop.order.read": "See", "shop.order.create": "Make"}
CATALOG = Catalog((Manifest(name="shop", version="1.0.0", permissions=PERMISSIONS),))


class Held:
    """Knows what each caller holds."""

    def __init__(self, held: dict[tuple[str, str], Reach]) -> None:
        self.held = held

    async def given(self, who: Principal, permission: str) -> Reach:
        return self.held.get((who.name, permission), Reach(everywhere=False))


class Owned(Delegations):
    """Knows Ada's keys."""

    @override
    async def of(self, who: Principal) -> Delegation | None:
        return Delegation(owner_id=ADA.id) if who.name.startswith("ada/") else None


def takeovers(held: dict[tuple[str, str], Reach]) -> LocalTakeovers:
    authorizer: Any = Held(held)
    return LocalTakeovers(authorizer=authorizer, catalog=CATALOG, delegations=Owned())


ADA = User(
    id=IDS[1],
    tenant_id=DEFAULT_TENANT,
    name="ada",
    disabled=False,
    created_at=FrozenClock().now(),
)
HELPER = Principal(id=IDS[2], name="helper")
ALL, NONE = Reach(everywhere=True), Reach(everywhere=False)


async def test_who_may_as_much_may_take_over() -> None:
    """And our own code may."""
    held = {("ada", "shop.order.read"): ALL}
    with pytest.raises(Outranked):
        await takeovers(held).allow(HELPER, ADA)
    await takeovers(held).allow(service("auth"), ADA)

    held["helper", "shop.order.read"] = ALL
    await takeovers(held).allow(HELPER, ADA)
    held["ada", "shop.order.create"] = Reach(
        everywhere=False, projects=frozenset({IDS[0]})
    )
    with pytest.raises(Outranked):
        await takeovers(held).allow(HELPER, ADA)
    await takeovers({}).allow(HELPER, ADA)


async def test_ones_own_account_is_not_taken_over() -> None:
    """A session or a key that somebody found does not do without the password."""
    mine = Principal(id=ADA.id, name="ada")
    key = Principal(id=IDS[0], name="ada/ci", kind=PrincipalKind.API_KEY)
    for who in (mine, key):
        with pytest.raises(Outranked, match="give your password"):
            await takeovers({}).allow(who, ADA)
    await takeovers({}).allow(replace(key, name="helper/ci"), ADA)


@given(mine=reaches, theirs=reaches)
def test_nothing_is_covered_that_is_not_held(mine: Reach, theirs: Reach) -> None:
    """Wherever an environment lies."""
    if not covers(mine, theirs):
        return
    assert mine.holds() or not theirs.holds()
    for project in IDS:
        assert mine.holds(project) or not theirs.holds(project)
    for project, environment in product(IDS, IDS):
        assert mine.holds(project, environment) or not theirs.holds(
            project, environment
        )


@given(theirs=reaches)
def test_what_is_held_everywhere_covers_all(theirs: Reach) -> None:
    assert covers(ALL, theirs)
    assert covers(theirs, theirs)
