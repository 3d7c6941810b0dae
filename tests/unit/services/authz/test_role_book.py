"""Roles and the roles they include."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.services.authz.domain import OwnRole, RoleBook, built_in_roles
from fairlead.services.authz.domain.roles import (
    MAX_INCLUDES,
    MAX_PERMISSIONS,
    MAX_ROLES,
)
from fairlead.services.authz.public import (
    BadRole,
    RoleBuiltIn,
    RoleDraft,
    RoleInUse,
    RoleNotFound,
)

DECLARED = (
    "projects.project.read",
    "projects.project.create",
    "pipelines.run.read",
    "pipelines.run.start",
    "pipelines.run.prioritise",
    "identity.user.read",
)
BOOK = RoleBook.of(DECLARED)
START = "pipelines.run.start"


def draft(*permissions: str, includes: tuple[str, ...] = ()) -> RoleDraft:
    return RoleDraft(
        summary="Some",
        permissions=frozenset(permissions),
        includes=frozenset(includes),
    )


def test_built_in_roles_include_one_another() -> None:
    """Each has what the next has, and adds to it what is its own."""
    roles = built_in_roles(DECLARED)

    assert [roles[name].includes for name in ("admin", "developer", "viewer")] == [
        {"developer"},
        {"viewer"},
        {"guest"},
    ]
    assert roles["guest"].permissions == {"projects.project.read"}
    assert roles["viewer"].own == {"pipelines.run.read"}
    assert roles["developer"].own == {"projects.project.create", START}
    assert roles["admin"].own == {"pipelines.run.prioritise", "identity.user.read"}
    assert roles["admin"].permissions == set(DECLARED)


def test_a_role_has_what_it_includes() -> None:
    """At whatever depth; and only by that."""
    book = BOOK.drafted("starter", draft(START, includes=("guest",)))
    book = book.drafted("lead", draft("identity.user.read", includes=("starter",)))
    role = book.get("lead")

    assert role.permissions == {"identity.user.read", START, "projects.project.read"}
    assert role.own == {"identity.user.read"}
    assert not role.built_in
    assert book.including("guest") == {
        "guest",
        "viewer",
        "developer",
        "admin",
        "starter",
        "lead",
    }
    assert book.administrators() == {"admin"}


def test_a_change_reaches_what_includes_the_role() -> None:
    """At once: the book is whole."""
    book = BOOK.drafted("one", draft(START)).drafted("two", draft(includes=("one",)))
    assert book.permissions("two") == {START}

    assert book.drafted("one", draft()).permissions("two") == set()


@pytest.mark.parametrize(
    ("name", "wanted", "hint"),
    [
        ("x", draft("pipelines.run.strat"), "did you mean 'pipelines.run.start'?"),
        ("x", draft("zzz"), "No module declares the permission 'zzz'."),
        ("x", draft(includes=("viewr",)), "did you mean 'viewer'?"),
        ("x", draft(includes=("x",)), "which includes 'x'"),
        ("X y", draft(), "lowercase"),
        ("-x", draft(), "dash"),
        ("x" * 41, draft(), "40"),
        ("1234", draft(), "looks like an id"),
        ("0198f1c2-7d3a-7c41-9b1e-2f6d8a4c5e70", draft(), "looks like an id"),
        ("new", draft(), "reserved"),
        ("x", RoleDraft(summary="x" * 201), "200 characters"),
        ("x", RoleDraft(summary="a\nb"), "one line"),
        ("x", RoleDraft(summary="a\u202eb"), "in one line"),
        ("x\0", draft(), "lowercase"),
        ("x", draft("a\0b"), "'a[?]b'"),
        (
            "x",
            draft(*(f"a.b.c{number}" for number in range(MAX_PERMISSIONS + 1))),
            "at most",
        ),
        (
            "x",
            draft(includes=tuple(f"r{number}" for number in range(MAX_INCLUDES + 1))),
            "at most",
        ),
    ],
)
def test_impossible_roles_are_refused(name: str, wanted: RoleDraft, hint: str) -> None:
    """The message says what to do."""
    with pytest.raises(BadRole, match=hint.replace("?", r"\?")):
        BOOK.drafted(name, wanted)


def test_there_are_no_circles() -> None:
    """However long the way round is."""
    book = BOOK.drafted("one", draft()).drafted("two", draft(includes=("one",)))
    book = book.drafted("three", draft(includes=("two",)))

    with pytest.raises(BadRole, match="which includes 'one'"):
        book.drafted("one", draft(includes=("three",)))


def test_own_roles_are_bounded() -> None:
    """One more than the limit is refused; changing one is not."""
    book = BOOK.with_own(OwnRole(name=f"role{number}") for number in range(MAX_ROLES))

    book.drafted("role1", draft(START))
    with pytest.raises(BadRole, match="delete one first"):
        book.drafted("another", draft())


def test_built_in_roles_stay_as_they_are() -> None:
    """They are neither changed nor deleted, nor hidden by what is stored."""
    with pytest.raises(RoleBuiltIn):
        BOOK.drafted("viewer", draft())
    with pytest.raises(RoleBuiltIn):
        BOOK.without("viewer")

    assert BOOK.with_own([OwnRole(name="viewer")]).get("viewer") == BOOK.get("viewer")


def test_a_role_that_others_include_stays() -> None:
    """Until nobody does."""
    book = BOOK.drafted("one", draft()).drafted("two", draft(includes=("one",)))

    with pytest.raises(RoleInUse, match="'two' includes 'one'"):
        book.without("one")
    assert "one" not in book.without("two").without("one").roles
    with pytest.raises(RoleNotFound):
        book.without("three")


def test_permissions_of_modules_that_are_gone_are_kept_without_effect() -> None:
    """They may stay when the role changes, and work again when the module is back."""
    kept = OwnRole(name="one", permissions=frozenset({START, "gone.thing.do"}))
    book = BOOK.with_own([kept])
    role = book.get("one")

    assert role.permissions == {START}
    assert role.inert == {"gone.thing.do"}
    changed = book.drafted("one", draft("gone.thing.do"))
    assert changed.kept("one").permissions == {"gone.thing.do"}
    with pytest.raises(BadRole):
        changed.drafted("two", draft("gone.thing.do"))
    back = RoleBook.of((*DECLARED, "gone.thing.do"), [kept])
    assert back.permissions("one") == kept.permissions


def test_an_unknown_role_is_told_with_what_there_is() -> None:
    """All names of few, the nearest of many."""
    many = BOOK.with_own(OwnRole(name=f"role{number}") for number in range(40))

    with pytest.raises(RoleNotFound, match="choose one of admin, developer, guest"):
        BOOK.get("king")
    with pytest.raises(RoleNotFound, match="did you mean viewer"):
        many.get("viewr")
    with pytest.raises(RoleNotFound, match="look at the list"):
        many.get("zzzzzz")


names = st.sampled_from([f"r{number}" for number in range(6)])
stored = st.dictionaries(
    names,
    st.tuples(st.frozensets(st.sampled_from(DECLARED)), st.frozensets(names)),
)


@given(stored)
def test_whatever_is_stored_a_role_is_the_union_of_what_it_reaches(
    kept: dict[str, tuple[frozenset[str], frozenset[str]]],
) -> None:
    """Also with circles and missing roles, which no use case stores."""
    book = BOOK.with_own(
        OwnRole(name=name, permissions=own, includes=includes)
        for name, (own, includes) in kept.items()
    )

    def reached(name: str, seen: frozenset[str]) -> frozenset[str]:
        if name in seen or name not in kept:
            return frozenset()
        own, includes = kept[name]
        parts = [reached(each, seen | {name}) for each in includes]
        return own.union(*parts)

    for name in kept:
        assert book.permissions(name) == reached(name, frozenset())
