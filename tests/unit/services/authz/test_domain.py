"""Roles, scopes and grants."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.kernel.principal import Principal
from fairlead.kernel.reach import Reach
from fairlead.services.authz.domain import (
    Grants,
    built_in_roles,
    checked_scope,
    covers,
)
from fairlead.services.authz.public import (
    ROOT,
    BadScope,
    environment_scope,
    project_scope,
)
from fairlead.testing.fakes import FrozenClock

ONE, TWO = UUID(int=1), UUID(int=2)
ROLES = built_in_roles(
    [
        "projects.project.read",
        "projects.project.create",
        "operations.operation.cancel",
        "identity.user.read",
        "audit.entry.read",
        "gateway.route.read",
        "console.settings.read",
    ]
)
NOW = FrozenClock().now()
ADA = Principal(id=ONE, name="ada")


def test_an_administrator_may_do_everything() -> None:
    """No permission is missing."""
    assert len(ROLES["admin"].permissions) == 7


def test_a_developer_works_but_does_not_administer() -> None:
    """Every permission of the features, none of the services that administer."""
    assert ROLES["developer"].permissions == {
        "projects.project.read",
        "projects.project.create",
        "operations.operation.cancel",
    }


def test_a_developer_puts_nothing_before_the_work_of_others() -> None:
    roles = built_in_roles(["pipelines.run.start", "pipelines.run.prioritise"])

    assert roles["developer"].permissions == {"pipelines.run.start"}
    assert "pipelines.run.prioritise" in roles["admin"].permissions


def test_a_viewer_only_reads() -> None:
    """Reading what is no administration."""
    assert ROLES["viewer"].permissions == {"projects.project.read"}


@pytest.mark.parametrize(
    "scope",
    [
        "",
        "projects",
        "/projects/",
        "/projects/x",
        f"/projects/{ONE}/",
        f"/projects/{ONE}\n",
        f"/environments/{ONE}",
        f"/projects/{ONE}/environments/../{TWO}",
    ],
)
def test_other_forms_of_scopes_are_refused(scope: str) -> None:
    """A scope has one of three forms."""
    with pytest.raises(BadScope):
        checked_scope(scope)


def test_scopes_have_one_spelling() -> None:
    """Ids are compared in lowercase."""
    scope = project_scope(UUID("abcdef00-0000-7000-8000-000000000001"))

    assert checked_scope(scope.upper()) == scope


numbers = st.integers(1, 3)
scopes = st.one_of(
    st.just(ROOT),
    numbers.map(lambda project: project_scope(UUID(int=project))),
    st.builds(
        lambda project, own: environment_scope(
            UUID(int=project), UUID(int=project * 100 + own)
        ),
        numbers,
        numbers,
    ),
)


@given(held=st.sets(scopes, max_size=4), on=scopes)
def test_a_grant_covers_its_scope_and_everything_below(held: set[str], on: str) -> None:
    """Holding is: one of the held scopes is `on` or a path above it."""
    grants = Grants({scope: frozenset({"a.b.c"}) for scope in held})

    above = any(scope in {ROOT, on} or on.startswith(f"{scope}/") for scope in held)

    assert grants.hold("a.b.c", on) is above
    assert not grants.hold("a.b.d", on)


@given(held=st.sets(scopes, max_size=4), on=scopes)
def test_reach_agrees_with_the_decision(held: set[str], on: str) -> None:
    """What a list shows is what a single look would allow."""
    grants = Grants({scope: frozenset({"a.b.c"}) for scope in held})

    assert covers(grants.reach("a.b.c"), on) is grants.hold("a.b.c", on)
    assert grants.reach("a.b.d") == Reach(everywhere=False)
