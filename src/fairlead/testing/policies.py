"""Random policies of the grammar that may be stored, for property tests."""

from collections.abc import Sequence

from hypothesis import strategies as st

Texts = st.SearchStrategy[str]


def policy_texts(
    scopes: Sequence[str], *, names: Sequence[str], groups: Sequence[str]
) -> Texts:
    """Return texts that name some of `scopes`, users and groups.

    Half of the statements ask for the place alone: those make a difference most often.
    """
    places = st.sampled_from(scopes).map(_inside)
    conditions = st.recursive(_atoms(scopes, names, groups), _composed, max_leaves=6)
    statements = st.one_of(_statements(places, places), _statements(places, conditions))
    return st.lists(statements, min_size=1, max_size=3).map("\n".join)


def _statements(places: Texts, conditions: Texts) -> Texts:
    return st.builds(
        "forbid ({}, action, {}) {} {};".format,
        st.sampled_from(["principal", "principal is User"]),
        st.one_of(places, st.just("resource")),
        st.one_of(st.just(""), conditions.map("when {{ {} }}".format)),
        st.one_of(conditions.map("unless {{ {} }}".format), st.just("")),
    )


def _atoms(scopes: Sequence[str], names: Sequence[str], groups: Sequence[str]) -> Texts:
    several = st.lists(st.sampled_from(scopes), min_size=1, max_size=3, unique=True)
    return st.one_of(
        st.sampled_from(scopes).map(_inside),
        several.map(lambda some: f"resource in [{', '.join(map(_scope, some))}]"),
        st.integers(0, 23).map("context.hour < {}".format),
        st.integers(1, 7).map("context.weekday == {}".format),
        st.sampled_from(names).map('principal.name == "{}"'.format),
        st.sampled_from(groups).map('principal.groups.contains("{}")'.format),
        st.sampled_from(
            [
                'principal.kind == "user"',
                'context has address && context.address.isInRange(ip("10.0.0.0/8"))',
                'context.date >= datetime("2026-01-01")',
                "context.hour + 9223372036854775807 > 0",
                "true",
            ]
        ),
    )


def _composed(conditions: Texts) -> Texts:
    return st.one_of(
        st.builds("({} && {})".format, conditions, conditions),
        st.builds("({} || {})".format, conditions, conditions),
        conditions.map("!({})".format),
        st.builds("(if {} then {} else {})".format, conditions, conditions, conditions),
    )


def _scope(scope: str) -> str:
    return f'Scope::"{scope}"'


def _inside(scope: str) -> str:
    return f"resource in {_scope(scope)}"
