"""Why decisions are as they are, and that they are those of the authorizer."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal, PrincipalKind, anonymous, service
from fairlead.services.authz.domain import OwnRole
from fairlead.services.authz.memory.holders import MemoryHolderStore
from fairlead.services.authz.ports import (
    NoRestrictions,
    Restrictions,
    RestrictionSource,
)
from fairlead.services.authz.public import (
    ROOT,
    BadScope,
    Binding,
    Capable,
    Delegation,
    Delegations,
    Group,
    HolderKind,
    Member,
    NotAllowed,
    UnknownPermission,
    environment_scope,
    project_scope,
)
from fairlead.services.authz.use_cases.decide import LocalAuthorizer
from fairlead.services.authz.use_cases.decisions import (
    ExplainForUser,
    ExplainOwn,
    ListCapable,
    LocalDecisions,
)
from fairlead.services.authz.use_cases.explain import ReadRights
from fairlead.services.identity.public import UserNotFound

SYSTEM = service("test")
READ, CREATE = "projects.project.read", "projects.project.create"
PERMISSIONS = [READ, CREATE, "operations.operation.cancel", "identity.user.read"]
ONE, TWO = UUID(int=101), UUID(int=102)
SCOPES = [
    ROOT,
    project_scope(ONE),
    project_scope(TWO),
    environment_scope(ONE, UUID(int=5)),
    environment_scope(TWO, UUID(int=6)),
]
NAMES = ["ada", "bob", "root"]
GROUPS = ["artists", "builders"]
OWN = ["lead", "mixed", "odd"]
ROLES = ["admin", "developer", "viewer", "guest", "gone", *OWN]
KEY = Principal(id=UUID(int=50), name="ada/ci", kind=PrincipalKind.API_KEY)
RUN = Principal(id=UUID(int=51), name="run", kind=PrincipalKind.RUN)


class Forbidding(NoRestrictions):
    """Takes away what it was made with: a permission of a user or of a group."""

    def __init__(self, forbidden: Mapping[str, str]) -> None:
        """Forbid names of users and groups a permission, in projects alone."""
        self.forbidden = forbidden

    @override
    def concern(self, permission: str) -> bool:
        return permission in self.forbidden.values()

    @override
    def forbidden_by(
        self, who: Principal, groups: frozenset[str], permission: str, on: str
    ) -> str:
        for name in sorted({who.name, *groups}):
            if on != ROOT and self.forbidden.get(name) == permission:
                return f"not-{name}"
        return ""


@dataclass(frozen=True)
class Policies(RestrictionSource):
    """Has the policies of one `Forbidding`."""

    policies: Restrictions

    @override
    async def load(self) -> Restrictions:
        return self.policies


@dataclass(frozen=True)
class Limits(Delegations):
    """Knows one key and one run."""

    key: Delegation | None = None
    run: Delegation | None = None

    @override
    async def of(self, who: Principal) -> Delegation | None:
        return self.key if who.kind is PrincipalKind.API_KEY else self.run


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a world shall hold: bindings are holder, role, scope."""

    bindings: frozenset[tuple[str, str, str]] = frozenset()
    members: frozenset[tuple[str, str]] = frozenset()
    own: tuple[OwnRole, ...] = ()
    disabled: frozenset[str] = frozenset()
    forbidden: Mapping[str, str] = field(default_factory=dict)
    key: Delegation | None = None
    run: Delegation | None = None


some = st.frozensets(st.sampled_from(PERMISSIONS))
places = st.frozensets(st.sampled_from([ONE, TWO]))
plans = st.builds(
    Plan,
    bindings=st.frozensets(
        st.tuples(
            st.sampled_from([*NAMES, *GROUPS]),
            st.sampled_from(ROLES),
            st.sampled_from(SCOPES),
        ),
        max_size=7,
    ),
    members=st.frozensets(
        st.tuples(st.sampled_from(GROUPS), st.sampled_from(NAMES)), max_size=4
    ),
    own=st.tuples(
        st.builds(OwnRole, name=st.just("lead"), permissions=some),
        st.builds(
            OwnRole,
            name=st.just("mixed"),
            permissions=some,
            includes=st.frozensets(st.sampled_from(["lead", "viewer", "guest"])),
        ),
        st.builds(
            OwnRole,
            name=st.just("odd"),
            permissions=some,
            includes=st.frozensets(st.sampled_from(["lead", "mixed", "developer"])),
        ),
    ),
    disabled=st.frozensets(st.sampled_from(NAMES)),
    forbidden=st.dictionaries(
        st.sampled_from([*NAMES, *GROUPS, "ada/ci", "run"]),
        st.sampled_from(PERMISSIONS),
        max_size=3,
    ),
    key=st.none()
    | st.builds(
        Delegation,
        owner_id=st.just(UUID(int=11)),
        permissions=st.none() | some,
        projects=st.none() | places,
    ),
    run=st.none()
    | st.builds(
        Delegation,
        role=st.sampled_from(ROLES),
        permissions=st.none() | some,
        projects=st.none() | places,
    ),
)


async def filled(world: Any, plan: Plan) -> tuple[LocalAuthorizer, LocalDecisions]:
    """Make what `plan` says; root may see decisions by no role of the plan."""
    now = world.clock.now()
    ids = {name: world.users.users[name].id for name in NAMES}
    for number, name in enumerate(GROUPS, start=30):
        ids[name] = UUID(int=number)
        group = Group(id=ids[name], name=name, summary="", members=0, created_at=now)
        await world.group_store.add(group)
    for group_name, name in plan.members:
        member = Member(user_id=ids[name], user_name=name, since=now)
        await world.group_store.join(ids[group_name], member)
    for role in plan.own:
        await world.role_store.add(role)
    for name, role_name, scope in plan.bindings:
        kind = HolderKind.GROUP if name in GROUPS else HolderKind.USER
        binding = Binding(
            id=new_id(),
            principal_id=ids[name],
            principal_name=name,
            principal_kind=kind,
            role=role_name,
            scope=scope,
            created_at=now,
        )
        await world.store.add(binding)
    for name in plan.disabled:
        user = world.users.users[name]
        world.users.users[name] = replace(user, disabled=True)
    holdings = replace(
        world.holdings,
        restrictions=Policies(Forbidding(plan.forbidden)),
        delegations=Limits(key=plan.key, run=plan.run),
    )
    authorizer = LocalAuthorizer(holdings=holdings, trail=world.trail)
    rights = ReadRights(holdings=holdings)
    decisions = LocalDecisions(
        own=ExplainOwn(rights=rights),
        for_user=ExplainForUser(
            authorizer=authorizer, directory=world.users, rights=rights
        ),
        everybodys=ListCapable(
            authorizer=authorizer,
            directory=world.users,
            holders=MemoryHolderStore(world.store, world.group_store),
            rights=rights,
        ),
    )
    return authorizer, decisions


async def all_pages(decisions: LocalDecisions, permission: str, on: str) -> Any:
    found: list[Capable] = []
    page = PageRequest(limit=1)
    while True:
        shown = await decisions.who_can(SYSTEM, permission, page, on=on)
        found += shown.items
        if shown.next is None:
            return found
        page = PageRequest(limit=1, after=shown.next)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans)
def test_explanations_are_the_authorizers_decisions(world: Any, plan: Plan) -> None:
    """In random worlds: of users, keys, runs and nobody, in every scope."""

    async def check() -> None:
        authorizer, decisions = await filled(type(world)(), plan)
        callers = [
            *(Principal(id=UUID(int=10 + n), name=name) for n, name in CALLERS),
            KEY,
            RUN,
            anonymous(),
            SYSTEM,
        ]
        for permission in PERMISSIONS:
            for on in SCOPES:
                able = set()
                for who in callers:
                    allowed = await authorizer.allows(who, permission, on=on)
                    told = await decisions.can_i(who, permission, on=on)
                    assert told.allowed is allowed, (who, permission, on)
                    assert told.reason
                    if who.kind is not PrincipalKind.USER:
                        continue
                    again = await decisions.can(SYSTEM, who.name, permission, on=on)
                    assert again.allowed is allowed
                    assert (told.binding is not None) >= allowed
                    if allowed and who.name not in plan.disabled:
                        able.add((who.name, told.binding, told.path))
                found = await all_pages(decisions, permission, on)
                assert [each.user_name for each in found] == sorted(
                    name for name, _, _ in able
                )
                assert {(e.user_name, e.binding, e.path) for e in found} == able

    asyncio.run(check())


CALLERS = [(0, "root"), (1, "ada"), (2, "bob")]


async def told(world: Any, plan: Plan, who: Principal, permission: str, on: str) -> Any:
    _, decisions = await filled(world, plan)
    return await decisions.can_i(who, permission, on=on)


async def test_a_group_and_the_way_down_are_named(world: Any) -> None:
    plan = Plan(
        bindings=frozenset({("builders", "developer", project_scope(ONE))}),
        members=frozenset({("builders", "ada")}),
    )
    found = await told(world, plan, world.who("ada"), READ, SCOPES[3])

    assert found.allowed
    assert found.binding.principal_name == "builders"
    assert found.path == ("developer", "viewer", "guest")
    assert found.reason == (
        f"The role 'developer' in {project_scope(ONE)} of the group 'builders', "
        "which includes viewer > guest, gives it."
    )


async def test_a_policy_that_forbids_is_named(world: Any) -> None:
    plan = Plan(bindings=frozenset({("ada", "admin", ROOT)}), forbidden={"ada": CREATE})
    found = await told(world, plan, world.who("ada"), CREATE, project_scope(ONE))

    assert not found.allowed
    assert found.policy == "not-ada"
    assert found.binding.role == "admin"
    assert found.reason.startswith("The policy 'not-ada' forbids it; otherwise ")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"permissions": frozenset({READ})}, f"The key lacks the scope {CREATE};"),
        (
            {"projects": frozenset({TWO})},
            f"The key is limited to projects that {project_scope(ONE)} is not in;",
        ),
    ],
)
async def test_what_narrows_a_key_is_named(world: Any, limits: Any, words: str) -> None:
    plan = Plan(
        bindings=frozenset({("ada", "developer", ROOT)}),
        key=Delegation(owner_id=UUID(int=11), **limits),
    )
    found = await told(world, plan, KEY, CREATE, project_scope(ONE))

    assert not found.allowed
    assert found.binding.principal_name == "ada"
    assert found.reason.startswith(words)


async def test_a_run_has_a_role_and_no_binding(world: Any) -> None:
    run = Delegation(role="viewer", projects=frozenset({ONE}))
    found = await told(world, Plan(run=run), RUN, READ, project_scope(ONE))

    assert found.allowed
    assert found.binding is None
    assert found.path == ("viewer", "guest")


async def test_who_has_nothing_is_told_so(world: Any) -> None:
    found = await told(world, Plan(), world.who("bob"), READ, ROOT)

    assert not found.allowed
    assert found.reason == f"bob has no role that gives {READ} in /."
    gone = await told(type(world)(), Plan(), KEY, READ, ROOT)
    assert gone.reason.endswith("Its credential is not good any more.")


async def test_that_a_user_is_disabled_is_said(world: Any) -> None:
    plan = Plan(
        bindings=frozenset({("bob", "viewer", ROOT)}), disabled=frozenset({"bob"})
    )
    _, decisions = await filled(world, plan)
    found = await decisions.can(SYSTEM, "bob", READ)

    assert found.allowed
    assert found.reason.endswith("But bob is disabled and cannot log in.")


async def test_questions_about_others_need_the_permission_there(world: Any) -> None:
    """What one may do oneself may always be asked, and nothing of it is a refusal."""
    watcher = OwnRole(name="watcher", permissions=frozenset({"authz.decision.read"}))
    plan = Plan(
        bindings=frozenset({("ada", "watcher", project_scope(ONE))}), own=(watcher,)
    )
    _, decisions = await filled(world, plan)
    ada, page = world.who("ada"), PageRequest()
    await decisions.can_i(world.who("bob"), READ)
    assert not world.trail.acts

    await decisions.can(ada, "bob", READ, on=project_scope(ONE))
    await decisions.who_can(ada, READ, page, on=SCOPES[3])
    with pytest.raises(NotAllowed):
        await decisions.can(ada, "bob", READ)
    with pytest.raises(NotAllowed):
        await decisions.who_can(ada, READ, page, on=project_scope(TWO))
    with pytest.raises(NotAllowed):
        await decisions.can(world.who("bob"), "nobody", READ)


async def test_odd_questions_are_refused(world: Any) -> None:
    _, decisions = await filled(world, Plan())

    with pytest.raises(UnknownPermission):
        await decisions.can_i(SYSTEM, "no.such.thing")
    with pytest.raises(UnknownPermission, match=f"; did you mean '{READ}'"):
        await decisions.can_i(SYSTEM, f"{READ}s")
    with pytest.raises(UnknownPermission):
        await decisions.who_can(SYSTEM, "no.such.thing", PageRequest())
    with pytest.raises(BadScope):
        await decisions.can_i(SYSTEM, READ, on="/nowhere")
    with pytest.raises(UserNotFound):
        await decisions.can(SYSTEM, "nobody", READ)
