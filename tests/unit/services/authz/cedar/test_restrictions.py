"""What Cedar is asked, and what its answers mean."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import Origin, Principal, PrincipalKind
from fairlead.kernel.reach import Reach
from fairlead.services.authz.cedar.language import CedarLanguage
from fairlead.services.authz.domain.scopes import ids_in
from fairlead.services.authz.ports import Restrictions
from fairlead.services.authz.public import (
    ROOT,
    Policy,
    environment_scope,
    project_scope,
)
from fairlead.testing.fakes import FrozenClock
from fairlead.testing.policies import policy_texts

START, READ = "pipelines.run.start", "pipelines.run.read"
PROJECTS = [UUID(int=100 + number) for number in range(4)]
HOMES = {UUID(int=200 + number): PROJECTS[number // 2] for number in range(8)}
SCOPES = [
    ROOT,
    *map(project_scope, PROJECTS),
    *(environment_scope(home, place) for place, home in HOMES.items()),
]
RED, BLUE = PROJECTS[:2]
LIVE = next(iter(HOMES))
ADA = Principal(id=UUID(int=1), name="ada", origin=Origin(address="10.1.2.3"))
NONE: frozenset[str] = frozenset()
TUESDAY = datetime(2026, 3, 3, 9, 30, 15, tzinfo=UTC)


def policy(text: str, *permissions: str, name: str = "rule") -> Policy:
    return Policy(
        id=new_id(),
        name=name,
        summary="",
        text=text,
        permissions=frozenset(permissions or [START]),
        enabled=True,
        version=1,
        created_at=TUESDAY,
        updated_at=TUESDAY,
    )


def restricted(*policies: Policy, at: datetime = TUESDAY) -> Restrictions:
    return CedarLanguage(FrozenClock(at)).restrictions(policies)


def forbidden(text: str, who: Principal = ADA, on: str = ROOT) -> bool:
    return bool(restricted(policy(text)).forbidden_by(who, NONE, START, on))


def when(condition: str) -> str:
    return f"forbid (principal, action, resource) when {{ {condition} }};"


def test_only_permissions_a_policy_is_attached_to_are_concerned() -> None:
    """Exactly named ones, and all of a module."""
    exact = restricted(policy(when("true"), START))
    wide = restricted(policy(when("true"), "pipelines.*"))

    assert [exact.concern(each) for each in (START, READ)] == [True, False]
    assert [wide.concern(each) for each in (START, READ)] == [True, True]
    assert not wide.concern("pipelinesx.run.start")
    assert wide.forbidden_by(ADA, NONE, READ, ROOT) == "rule"
    assert exact.forbidden_by(ADA, NONE, READ, ROOT) == ""


def test_the_first_by_name_of_those_that_forbid_is_named() -> None:
    policies = restricted(
        policy(when("false") + when("false"), name="a"),
        policy(when("false") + when("true"), name="b"),
        policy(when("true"), name="c"),
    )

    assert policies.forbidden_by(ADA, NONE, START, ROOT) == "b"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('principal.name == "ada"', True),
        ('principal.kind == "user"', True),
        (f'principal == User::"{ADA.id}"', True),
        ('principal.groups.contains("ops")', True),
        ('principal.groups.contains("dev")', False),
        ("context.hour == 9 && context.minute == 30", True),
        ("context.weekday == 2", True),
        ('context.date == datetime("2026-03-03")', True),
        (f"context.epoch == {int(TUESDAY.timestamp())}", True),
        ('context.address.isInRange(ip("10.0.0.0/8"))', True),
        ('context.address.isInRange(ip("192.168.0.0/16"))', False),
        ('action == Action::"pipelines.run.start"', True),
        (f'resource in Scope::"{project_scope(RED)}"', True),
        (f'resource in [Scope::"{project_scope(BLUE)}", Scope::"/"]', True),
        (f'resource in Scope::"{project_scope(BLUE)}"', False),
    ],
)
def test_a_condition_sees_who_asks_and_how(condition: str, holds: bool) -> None:
    asked = restricted(policy(when(condition)))
    on = environment_scope(RED, LIVE)

    found = asked.forbidden_by(ADA, frozenset({"ops"}), START, on)

    assert found == ("rule" if holds else "")


@pytest.mark.parametrize(
    ("kind", "name", "holds"),
    [
        (PrincipalKind.USER, "ada", True),
        (PrincipalKind.API_KEY, "ada/ci", True),
        (PrincipalKind.API_KEY, "adam/ci", False),
        (PrincipalKind.RUN, "ada/build", False),
    ],
)
def test_nobody_gets_around_a_policy_by_a_key_of_theirs(
    kind: PrincipalKind, name: str, holds: bool
) -> None:
    """Everybody can make keys, and a key has another id and name than its owner."""
    who = replace(ADA, id=BLUE, kind=kind, name=name)

    assert forbidden(when('principal.owner == "ada"'), who) is holds


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", ""),
        ("unix:/run/x", ""),
    ],
)
def test_addresses_are_seen_in_their_plain_form(address: str, seen: str) -> None:
    """An IPv4 address within IPv6 is one of IPv4; what is none is absent."""
    who = replace(ADA, origin=Origin(address=address))

    assert forbidden(when("context has address"), who) == bool(seen)
    if seen:
        assert forbidden(when(f'context.address == ip("{seen}")'), who)


def test_what_cannot_be_evaluated_forbids_and_is_logged() -> None:
    """Cedar itself would skip the statement."""
    large = when("context.hour + 9223372036854775807 > 0")
    rules = restricted(policy(when("false"), name="a"), policy(large, name="b"))

    with capture_logs() as logs:
        found = [rules.forbidden_by(ADA, NONE, START, ROOT) for _ in range(3)]

    assert found == ["b"] * 3
    (entry,) = logs  # not in every request
    assert (entry["event"], entry["policy"]) == ("policy_failed", "b")
    everywhere = Reach(everywhere=True)
    assert rules.reach(ADA, NONE, START, everywhere).nowhere


@pytest.mark.parametrize("text", ["forbid (", "permit (principal, action, resource);"])
def test_a_policy_no_longer_understood_forbids_all_and_is_logged(text: str) -> None:
    with capture_logs() as logs:
        rules = restricted(policy(when("false"), name="a"), policy(text, name="b"))

    assert rules.forbidden_by(ADA, NONE, START, ROOT) == "b"
    assert rules.reach(ADA, NONE, START, Reach(everywhere=True)).nowhere
    assert rules.forbidden_by(ADA, NONE, "projects.project.read", ROOT) == ""
    assert [(each["event"], each["policy"]) for each in logs] == [
        ("policy_not_understood", "b")
    ]


def test_keys_and_runs_are_told_from_users() -> None:
    text = when('["api_key", "run"].contains(principal.kind)')

    kinds = (PrincipalKind.USER, PrincipalKind.API_KEY, PrincipalKind.RUN)
    found = [forbidden(text, replace(ADA, kind=kind)) for kind in kinds]

    assert found == [False, True, True]


def test_time_goes_on_between_two_questions() -> None:
    """Nothing that depends on the moment is remembered."""
    clock = FrozenClock(TUESDAY)
    rules = CedarLanguage(clock).restrictions([policy(when("context.hour < 10"))])
    before = rules.forbidden_by(ADA, NONE, START, ROOT)
    clock.advance(datetime(2026, 3, 3, 10, tzinfo=UTC) - TUESDAY)

    assert (before, rules.forbidden_by(ADA, NONE, START, ROOT)) == ("rule", "")


def test_a_project_taken_away_takes_its_environments_but_one() -> None:
    text = (
        f'forbid (principal, action, resource in Scope::"{project_scope(RED)}") '
        f'unless {{ resource in Scope::"{environment_scope(RED, LIVE)}" }};'
    )

    left = restricted(policy(text)).reach(ADA, NONE, START, Reach(everywhere=True))

    assert left == Reach(
        everywhere=True,
        without_projects=frozenset({RED}),
        environments=frozenset({(RED, LIVE)}),
    )


ids = st.sampled_from(PROJECTS)
places = st.tuples(st.sampled_from(PROJECTS), st.sampled_from(sorted(HOMES)))
reaches = st.builds(
    Reach,
    everywhere=st.booleans(),
    projects=st.frozensets(ids),
    environments=st.frozensets(places),
    without_projects=st.frozensets(ids),
    without_environments=st.frozensets(places),
)
policies = st.lists(
    st.builds(
        policy,
        policy_texts(SCOPES[:9], names=["ada", "bob"], groups=["ops", "dev"]),
        st.sampled_from([START, "pipelines.*", READ]),
        name=st.just("rule"),
    ),
    max_size=3,
)


@given(policies, reaches, st.frozensets(st.sampled_from(["ops", "dev"])))
def test_a_list_is_cut_to_what_a_check_allows(
    rules: list[Policy], whole: Reach, groups: frozenset[str]
) -> None:
    """In the tenant, in every project and environment, named by a policy or not."""
    asked = restricted(*rules)

    with capture_logs():
        left = asked.reach(ADA, groups, START, whole)
        for scope in SCOPES:
            place = ids_in(scope)
            allowed = not asked.forbidden_by(ADA, groups, START, scope)
            assert left.holds(*place) == (whole.holds(*place) and allowed), scope
