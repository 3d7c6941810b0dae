"""What policies take away is taken away in every answer."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Principal, PrincipalKind, service
from fairlead.kernel.reach import Reach
from fairlead.services.authz.ports import Restrictions, RestrictionSource
from fairlead.services.authz.public import (
    ROOT,
    Delegation,
    Delegations,
    NotAllowed,
    environment_scope,
    project_scope,
)

SYSTEM = service("test")
READ, CREATE = "projects.project.read", "projects.project.create"
ONE, TWO = UUID(int=1), UUID(int=2)
NOTHING = Reach(everywhere=False)


class Hidden(FairleadError):
    """Stands for a module's own not-found error."""

    kind = ErrorKind.NOT_FOUND
    code = "test.hidden"


@dataclass
class NotInOne(Restrictions, RestrictionSource):
    """Forbids the crew one permission in project one; keeps what it was asked."""

    permission: str
    asked: list[Any] = field(default_factory=list)

    @override
    async def load(self) -> Restrictions:
        return self

    @override
    def concern(self, permission: str) -> bool:
        return permission == self.permission

    @override
    def forbidden_by(
        self, who: Principal, groups: frozenset[str], permission: str, on: str
    ) -> str:
        self.asked.append((who.name, groups, permission, on))
        here = on.startswith(project_scope(ONE))
        return "quiet-days" if "crew" in groups and here else ""

    @override
    def reach(
        self,
        who: Principal,
        groups: frozenset[str],
        permission: str,
        whole: Reach,
    ) -> Reach:
        self.asked.append(whole)
        return replace(whole, without_projects=frozenset({ONE}))


class Owned(Delegations):
    """Every key is one user's."""

    def __init__(self, owner: UUID) -> None:
        """Name the owner."""
        self.owner = owner

    @override
    async def of(self, who: Principal) -> Delegation | None:
        return Delegation(owner_id=self.owner)


@pytest.fixture
async def crew(world: Any) -> Any:
    """Have ada, in the crew, develop everywhere but create nothing in one."""
    await world.groups.create(SYSTEM, "crew")
    await world.groups.add(SYSTEM, "crew", "ada")
    await world.roles.bind(SYSTEM, "ada", "developer", scope=ROOT)
    return restricted(world, CREATE)


def restricted(world: Any, permission: str) -> Any:
    world.rule = NotInOne(permission)
    holdings = replace(
        world.holdings,
        restrictions=world.rule,
        delegations=Owned(world.who("ada").id),
    )
    world.authorizer = replace(world.authorizer, holdings=holdings)
    return world


async def test_a_policy_takes_away_what_a_role_gives(crew: Any) -> None:
    """The refusal and the trail name it."""
    ada = crew.who("ada")
    crew.trail.acts.clear()
    with pytest.raises(NotAllowed, match="'quiet-days'") as refused:
        await crew.authorizer.require(ada, CREATE, on=project_scope(ONE))

    assert refused.value.details == {
        "permission": CREATE,
        "scope": project_scope(ONE),
        "policy": "quiet-days",
    }
    [(_, act)] = crew.trail.acts
    assert act.details == {"policy": "quiet-days"}
    assert not await crew.authorizer.allows(ada, CREATE, on=project_scope(ONE))
    assert await crew.authorizer.allows(ada, CREATE, on=project_scope(TWO))


async def test_only_permissions_with_policies_are_asked_about(crew: Any) -> None:
    """And only where a role says yes."""
    assert await crew.authorizer.allows(crew.who("ada"), READ, on=project_scope(ONE))
    assert not await crew.authorizer.allows(crew.who("bob"), CREATE)
    assert await crew.authorizer.reach(crew.who("bob"), CREATE) == NOTHING

    assert crew.rule.asked == []


async def test_keys_are_held_to_the_policies_of_their_owners_groups(crew: Any) -> None:
    """The key is who asks, the groups are the owner's."""
    key = Principal(id=UUID(int=50), name="ada/ci", kind=PrincipalKind.API_KEY)

    assert not await crew.authorizer.allows(key, CREATE, on=project_scope(ONE))
    assert crew.rule.asked == [
        ("ada/ci", frozenset({"crew"}), CREATE, project_scope(ONE))
    ]


async def test_our_own_services_pass(crew: Any) -> None:
    """No policy is asked about them."""
    await crew.authorizer.require(SYSTEM, CREATE, on=project_scope(ONE))

    assert crew.rule.asked == []


async def test_lists_are_cut(crew: Any) -> None:
    """With all that roles give, also in single environments."""
    await crew.roles.bind(SYSTEM, "ada", "developer", scope=environment_scope(ONE, TWO))
    reach = await crew.authorizer.reach(crew.who("ada"), CREATE)

    assert reach.without_projects == {ONE}
    assert crew.rule.asked == [
        Reach(everywhere=True, environments=frozenset({(ONE, TWO)}))
    ]


async def test_what_a_policy_hides_is_not_there(world: Any) -> None:
    """Who may not even see an object gets the error of a missing one."""
    await world.groups.create(SYSTEM, "crew")
    await world.groups.add(SYSTEM, "crew", "ada")
    await world.roles.bind(SYSTEM, "ada", "viewer", scope=ROOT)
    restricted(world, READ)

    with pytest.raises(Hidden):
        await world.authorizer.require(
            world.who("ada"),
            CREATE,
            on=project_scope(ONE),
            sees=READ,
            missing=Hidden("None."),
        )
    with pytest.raises(NotAllowed):
        await world.authorizer.require(
            world.who("ada"),
            CREATE,
            on=project_scope(TWO),
            sees=READ,
            missing=Hidden("None."),
        )
