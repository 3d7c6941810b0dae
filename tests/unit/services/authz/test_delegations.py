"""What keys and runs hold: some of what their owner, or a role, does."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.kernel.reach import Reach
from fairlead.services.authz.domain import Grants
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    Delegation,
    Delegations,
    NotAllowed,
    environment_scope,
    project_scope,
)

ONE, TWO = UUID(int=101), UUID(int=102)
KEY = Principal(id=UUID(int=50), name="ada/ci", kind=PrincipalKind.API_KEY)
READ, CANCEL = "projects.project.read", "operations.operation.cancel"


class Listed(Delegations):
    """Knows the delegations it was made with."""

    def __init__(self, **known: Delegation) -> None:
        """Know them by the kind of caller."""
        self.known = known
        self.asked = 0

    @override
    async def of(self, who: Principal) -> Delegation | None:
        self.asked += 1
        return self.known.get(who.kind.value)


def asking(world: Any, listed: Listed) -> Any:
    holdings = replace(world.holdings, delegations=listed)
    return replace(world.authorizer, holdings=holdings)


async def authorizer(world: Any, delegation: Delegation, scope: str = ROOT) -> Any:
    ada = world.who("ada")
    await world.store.add(
        Binding(
            id=new_id(),
            principal_id=ada.id,
            principal_name="ada",
            role="developer",
            scope=scope,
            created_at=world.clock.now(),
        )
    )
    listed = Listed(api_key=replace(delegation, owner_id=ada.id))
    return asking(world, listed)


async def test_a_key_holds_what_its_owner_does(world: Any) -> None:
    """All of it, when nothing narrows it; it is asked for once."""
    asks = await authorizer(world, Delegation())

    assert await asks.allows(KEY, CANCEL)
    assert await asks.allows(KEY, READ, on=project_scope(ONE))
    assert not await asks.allows(KEY, "identity.user.read")
    assert await asks.reach(KEY, READ) == Reach(everywhere=True)
    assert asks.holdings.delegations.asked == 1


async def test_permissions_and_projects_narrow_it(world: Any) -> None:
    """Both, in every question."""
    limits = Delegation(permissions=frozenset({READ}), projects=frozenset({ONE}))
    asks = await authorizer(world, limits)

    assert await asks.allows(KEY, READ, on=project_scope(ONE))
    assert await asks.allows(KEY, READ, on=environment_scope(ONE, TWO))
    assert not await asks.allows(KEY, READ, on=project_scope(TWO))
    assert not await asks.allows(KEY, READ)
    assert not await asks.allows(KEY, CANCEL, on=project_scope(ONE))
    assert await asks.reach(KEY, READ) == Reach(
        everywhere=False, projects=frozenset({ONE})
    )


async def test_a_key_never_holds_more_than_its_owner(world: Any) -> None:
    """Whatever its scopes say."""
    limits = Delegation(permissions=frozenset({READ, "identity.user.read"}))
    asks = await authorizer(world, limits, project_scope(ONE))

    assert not await asks.allows(KEY, "identity.user.read")
    assert await asks.allows(KEY, READ, on=project_scope(ONE))
    assert not await asks.allows(KEY, READ, on=project_scope(TWO))


async def test_a_refused_key_is_told_what_it_lacks(world: Any) -> None:
    """Its owner may have the permission, so no administrator can help."""
    asks = await authorizer(world, Delegation(permissions=frozenset({READ})))

    with pytest.raises(NotAllowed, match=f"key needs the permission {CANCEL}"):
        await asks.require(KEY, CANCEL)


async def test_a_run_holds_a_role_on_its_project(world: Any) -> None:
    """Nobody's rights but those."""
    run = replace(KEY, kind=PrincipalKind.RUN)
    limits = Delegation(role="viewer", projects=frozenset({ONE}))
    asks = asking(world, Listed(run=limits))

    assert await asks.allows(run, READ, on=project_scope(ONE))
    assert not await asks.allows(run, CANCEL, on=project_scope(ONE))
    assert not await asks.allows(run, READ, on=project_scope(TWO))


@pytest.mark.parametrize("kind", [PrincipalKind.API_KEY, PrincipalKind.RUN])
async def test_unknown_ones_hold_nothing(world: Any, kind: PrincipalKind) -> None:
    """Even under the id of somebody who does."""
    await authorizer(world, Delegation())
    caller = replace(world.who("ada"), kind=kind)

    assert not await world.authorizer.allows(caller, READ)


PERMISSIONS = ["a.b.read", "a.b.create", "a.c.read"]
SCOPES = [
    ROOT,
    project_scope(ONE),
    project_scope(TWO),
    environment_scope(ONE, UUID(int=5)),
    environment_scope(TWO, UUID(int=6)),
]
SETS = st.frozensets(st.sampled_from(PERMISSIONS))


@given(
    st.dictionaries(st.sampled_from(SCOPES), SETS),
    st.none() | SETS,
    st.none() | st.frozensets(st.sampled_from([ONE, TWO])),
)
def test_narrowing_is_an_intersection(
    held: Any, permissions: Any, projects: Any
) -> None:
    """In every scope: what was held, and is wanted, and lies in a wanted project."""
    whole = Grants(held)
    narrow = whole.narrowed(permissions, projects)
    inside = {project_scope(each) for each in projects or ()}
    for permission in PERMISSIONS:
        for scope in SCOPES:
            wanted = (permissions is None or permission in permissions) and (
                projects is None or scope.partition("/environments/")[0] in inside
            )
            expected = whole.hold(permission, scope) and wanted
            assert narrow.hold(permission, scope) is expected
