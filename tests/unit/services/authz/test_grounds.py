"""Which binding decides, and by which roles."""

from uuid import UUID

import pytest

from fairlead.kernel.ids import new_id
from fairlead.services.authz.domain import OwnRole, RoleBook
from fairlead.services.authz.domain.grounds import above, ground, path
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    HolderKind,
    environment_scope,
    project_scope,
)
from fairlead.testing.fakes import FrozenClock

PROJECT, ENVIRONMENT = UUID(int=101), UUID(int=201)
HERE = environment_scope(PROJECT, ENVIRONMENT)
READ, WRITE, START = "a.b.read", "a.b.write", "a.b.start"
BOOK = RoleBook.of(
    [READ, WRITE, START],
    [
        OwnRole(name="reader", permissions=frozenset({READ})),
        OwnRole(
            name="writer",
            permissions=frozenset({WRITE}),
            includes=frozenset({"reader"}),
        ),
        OwnRole(name="lead", includes=frozenset({"writer", "starter"})),
        OwnRole(
            name="starter",
            permissions=frozenset({START}),
            includes=frozenset({"writer"}),
        ),
        OwnRole(name="boss", includes=frozenset({"lead"})),
    ],
)


def bound(
    role: str, scope: str = ROOT, *, group: str = "", name: str = "ada"
) -> Binding:
    return Binding(
        id=new_id(),
        principal_id=UUID(int=2 if group else 1),
        principal_name=group or name,
        role=role,
        scope=scope,
        created_at=FrozenClock().now(),
        principal_kind=HolderKind.GROUP if group else HolderKind.USER,
    )


def test_scopes_above_are_told_nearest_first() -> None:
    project = project_scope(PROJECT)

    assert above(HERE) == (HERE, project, ROOT)
    assert above(project) == (project, ROOT)
    assert above(ROOT) == (ROOT,)


def test_the_nearest_scope_decides_then_the_role_then_ones_own() -> None:
    """Whatever the order they come in."""
    in_order = [
        bound("reader", HERE),
        bound("writer", HERE, group="builders"),
        bound("boss", project_scope(PROJECT)),
        bound("boss", ROOT),
        bound("boss", ROOT, group="artists"),
        bound("boss", ROOT, group="builders"),
        bound("lead", ROOT),
    ]

    for left in range(len(in_order)):
        found = ground(reversed(in_order[left:]), BOOK, READ, HERE)
        assert found is not None
        assert found.binding == in_order[left]


def test_what_holds_elsewhere_or_gives_something_else_does_not_count() -> None:
    other = project_scope(UUID(int=9))

    assert ground([bound("boss", other)], BOOK, READ, HERE) is None
    assert ground([bound("reader")], BOOK, WRITE, HERE) is None
    assert ground([bound("gone")], BOOK, READ, HERE) is None
    assert ground([bound("boss", HERE)], BOOK, READ, ROOT) is None


@pytest.mark.parametrize(
    ("role", "permission", "ways"),
    [
        ("reader", READ, ("reader",)),
        ("lead", READ, ("lead", "writer", "reader")),
        ("lead", START, ("lead", "starter")),
        ("boss", START, ("boss", "lead", "starter")),
        ("boss", WRITE, ("boss", "lead", "writer")),
        ("admin", READ, ("admin", "developer", "viewer")),
        ("admin", WRITE, ("admin", "developer")),
        ("reader", WRITE, ()),
        ("gone", READ, ()),
    ],
)
def test_the_path_is_the_shortest_down_to_whose_own_it_is(
    role: str, permission: str, ways: tuple[str, ...]
) -> None:
    assert path(BOOK, role, permission) == ways
