"""AuthZEN's questions in our words."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import (
    DEFAULT_TENANT,
    Principal,
    PrincipalKind,
    service,
)
from fairlead.services.authz.domain.entities import (
    Entity,
    is_self,
    resource_of,
    scope_of,
    type_of,
)
from fairlead.services.authz.memory.holders import MemoryHolderStore
from fairlead.services.authz.public import (
    ROOT,
    EnvironmentPlaces,
    NotAllowed,
    ProjectPlaces,
    environment_scope,
    project_scope,
)
from fairlead.services.authz.use_cases.decisions import ListCapable
from fairlead.services.authz.use_cases.evaluations import (
    LOOKED_AT,
    Evaluate,
    Question,
    ReadSubjects,
    SearchActions,
    SearchResources,
    SearchSubjects,
)
from fairlead.services.authz.use_cases.explain import ReadRights
from fairlead.services.authz.use_cases.places import NoEnvironments

SYSTEM = service("test")
READ, CREATE = "projects.project.read", "projects.project.create"
ONE, TWO, HERE = UUID(int=101), UUID(int=102), UUID(int=201)
PROJECT = Entity(type="project", id=str(ONE))
TENANT = Entity(type="tenant", id="/")
ADA = Entity(type="user", id="ada")


@pytest.mark.parametrize(
    ("kind", "name", "scope"),
    [
        ("tenant", "/", ROOT),
        ("tenant", str(DEFAULT_TENANT), ROOT),
        ("tenant", str(ONE), None),
        ("project", str(ONE), project_scope(ONE)),
        ("project", str(ONE).upper(), project_scope(ONE)),
        ("project", project_scope(ONE), project_scope(ONE)),
        ("project", "/", None),
        ("project", "shop", None),
        ("project", environment_scope(ONE, HERE), None),
        ("environment", environment_scope(ONE, HERE), environment_scope(ONE, HERE)),
        ("environment", f"{ONE}/{HERE}", environment_scope(ONE, HERE)),
        ("environment", f"{ONE}/{'-' * 36}", None),
        ("environment", str(HERE), None),
        ("environment", "", None),
        ("todo", str(ONE), None),
    ],
)
def test_resources_are_scopes(kind: str, name: str, scope: str | None) -> None:
    assert scope_of(Entity(type=kind, id=name), DEFAULT_TENANT) == scope


@pytest.mark.parametrize(
    "scope", [ROOT, project_scope(ONE), environment_scope(ONE, HERE)]
)
def test_what_a_search_finds_an_evaluation_takes(scope: str) -> None:
    found = resource_of(scope, DEFAULT_TENANT)

    assert found.type == type_of(scope)
    assert scope_of(found, DEFAULT_TENANT) == scope


def test_a_caller_is_known_by_id_and_by_name(world: Any) -> None:
    ada = world.who("ada")
    key = replace(ada, kind=PrincipalKind.API_KEY)

    assert is_self(ADA, ada)
    assert is_self(Entity(type="user", id=str(ada.id).upper()), ada)
    assert not is_self(Entity(type="user", id="bob"), ada)
    assert not is_self(ADA, key)
    assert is_self(Entity(type="api_key", id=str(ada.id)), key)


async def test_nobody_passes_for_another_by_a_name_that_is_an_id(world: Any) -> None:
    """Bob is called what is ada's id: that names neither of them."""
    case = Asked(world)
    await case.bind("ada", "admin")
    ada, bob = world.users.users["ada"], world.users.users.pop("bob")
    world.users.users[str(ada.id)] = replace(bob, name=str(ada.id))
    question = asked(READ, subject=Entity(type="user", id=str(ada.id)))
    [answer] = await case.evaluate(SYSTEM, [question])

    assert not answer.allowed
    assert answer.unknown
    impostor = Principal(id=bob.id, name=str(ada.id))
    assert not is_self(question.subject, impostor)
    assert is_self(Entity(type="user", id=str(bob.id)), impostor)
    [plain] = await case.evaluate(SYSTEM, [asked(READ)])
    assert plain.allowed


class Listed(ProjectPlaces, EnvironmentPlaces):
    """Knows the scopes it was made with."""

    def __init__(self, *scopes: str) -> None:
        """Know them in this order."""
        self.known = scopes
        self.asked = 0

    @override
    async def scopes(self, page: PageRequest) -> Page[str]:
        self.asked += 1
        first = int(page.after or 0)
        last = first + page.limit
        more = str(last) if last < len(self.known) else None
        return Page(items=self.known[first:last], next=more)


class Asked:
    """The use cases over a world in which ada is a developer of one project."""

    def __init__(self, world: Any, *projects: UUID) -> None:
        """Know these projects."""
        rights = ReadRights(holdings=world.holdings)
        self.world = world
        self.places = Listed(*(project_scope(each) for each in projects))
        self.subjects = ReadSubjects(
            authorizer=world.authorizer, directory=world.users, rights=rights
        )
        self.evaluate = Evaluate(subjects=self.subjects)
        self.actions = SearchActions(subjects=self.subjects)
        self.resources = SearchResources(
            subjects=self.subjects,
            projects=self.places,
            environments=NoEnvironments(),
        )
        self.people = SearchSubjects(
            authorizer=world.authorizer,
            capable=ListCapable(
                authorizer=world.authorizer,
                directory=world.users,
                holders=MemoryHolderStore(world.store, world.group_store),
                rights=rights,
            ),
        )

    async def bind(self, user: str, role: str, scope: str = ROOT) -> None:
        await self.world.roles.bind(SYSTEM, user, role, scope=scope)


def asked(action: str, resource: Entity = PROJECT, subject: Entity = ADA) -> Question:
    return Question(subject=subject, action=action, resource=resource)


async def test_questions_are_answered_in_order_until_one_settles_it(world: Any) -> None:
    case = Asked(world)
    await case.bind("ada", "viewer", project_scope(ONE))
    questions = [asked(READ), asked(CREATE), asked(READ), asked(READ, TENANT)]

    for until, expected in (
        (None, [True, False, True, False]),
        (False, [True, False]),
        (True, [True]),
    ):
        answers = await case.evaluate(SYSTEM, questions, until=until)
        assert [each.allowed for each in answers] == expected


async def test_what_is_not_there_is_not_allowed_and_said(world: Any) -> None:
    case = Asked(world)
    await case.bind("ada", "admin")
    odd = [
        asked(READ, subject=Entity(type="user", id="nobody")),
        asked(READ, subject=Entity(type="user", id=str(ONE))),
        asked(READ, subject=Entity(type="group", id="ada")),
        asked(READ, Entity(type="todo", id="1")),
        asked("can_read_todos"),
    ]

    for answer in await case.evaluate(SYSTEM, odd):
        assert not answer.allowed
        assert answer.unknown
        assert answer.reason


async def test_others_are_asked_about_with_the_permission_only(world: Any) -> None:
    case = Asked(world)
    await case.bind("ada", "viewer")
    ada = world.who("ada")
    [own] = await case.evaluate(ada, [asked(READ)])
    assert own.allowed

    bob = Entity(type="user", id="bob")
    with pytest.raises(NotAllowed):
        await case.evaluate(ada, [asked(READ, subject=bob)])
    with pytest.raises(NotAllowed):
        await case.people(ada, "user", (READ, PROJECT), PageRequest())
    with pytest.raises(NotAllowed):
        await case.resources(ada, bob, (READ, "project"), PageRequest())


async def test_subjects_are_found(world: Any) -> None:
    """Users alone; for what is unknown there are none."""
    case = Asked(world)
    await case.bind("bob", "viewer")
    await case.bind("ada", "viewer", project_scope(ONE))
    page = PageRequest()

    found = await case.people(SYSTEM, "user", (READ, PROJECT), page)
    assert [each.user_name for each in found.items] == ["ada", "bob"]
    for kind, action, resource in (
        ("api_key", READ, PROJECT),
        ("user", "can_read", PROJECT),
        ("user", READ, Entity(type="todo", id="1")),
    ):
        found = await case.people(SYSTEM, kind, (action, resource), page)
        assert not found.items


async def test_actions_are_found_in_pages(world: Any) -> None:
    case = Asked(world)
    await case.bind("ada", "developer", project_scope(ONE))
    found: list[str] = []
    page = PageRequest(limit=1)
    while True:
        shown = await case.actions(SYSTEM, ADA, PROJECT, page)
        found += shown.items
        if shown.next is None:
            break
        page = PageRequest(limit=1, after=shown.next)

    assert found == ["operations.operation.cancel", CREATE, READ]
    assert not (await case.actions(SYSTEM, ADA, TENANT, PageRequest())).items


async def test_resources_are_found_among_all_there_are(world: Any) -> None:
    case = Asked(world, ONE, TWO)
    await case.bind("ada", "viewer", project_scope(TWO))
    await case.bind("bob", "viewer")
    page = PageRequest()

    for name, expected in (("ada", [TWO]), ("bob", [ONE, TWO])):
        who = Entity(type="user", id=name)
        found = await case.resources(SYSTEM, who, (READ, "project"), page)
        assert [each.id for each in found.items] == [str(each) for each in expected]
        nothing = await case.resources(SYSTEM, who, (READ, "environment"), page)
        assert not nothing.items
    tenants = await case.resources(
        SYSTEM, Entity(type="user", id="bob"), (READ, "tenant"), page
    )
    assert [each.id for each in tenants.items] == [str(DEFAULT_TENANT)]


async def test_a_search_looks_at_some_pages_only_and_goes_on(world: Any) -> None:
    """What it has not looked at is behind `next`, and nothing is lost."""
    case = Asked(world, *(UUID(int=1000 + each) for each in range(9)), TWO)
    await case.bind("ada", "viewer", project_scope(TWO))
    first = await case.resources(SYSTEM, ADA, (READ, "project"), PageRequest(limit=1))
    assert not first.items
    assert case.places.asked == LOOKED_AT
    rest = await case.resources(
        SYSTEM, ADA, (READ, "project"), PageRequest(limit=1, after=first.next)
    )

    assert [each.id for each in rest.items] == [str(TWO)]
    assert rest.next is None
