"""The policies in the documentation do what it says of them."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from fairlead.kernel.principal import Origin, Principal, PrincipalKind
from fairlead.kernel.reach import Reach
from fairlead.services.authz.cedar.language import CedarLanguage
from fairlead.services.authz.http.policies import EXAMPLE
from fairlead.services.authz.public import ROOT, Policy
from fairlead.testing.fakes import FrozenClock

DOCUMENT = Path(__file__).parents[5] / "docs" / "policies.md"
EXAMPLES = re.compile(r"^### (.+?)$(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
TEXT = re.compile(r"^```cedar\n(.*?)^```", re.MULTILINE | re.DOTALL)
DEPLOY = "environments.workload.deploy"
PROJECT = UUID("01989fd1-7c1e-7c52-8a3a-111111111111")
LIVE = f"/projects/{PROJECT}/environments/01989fd1-7c1e-7c52-8a3a-222222222222"
DEV = LIVE.replace("2222", "3333")
ADA = Principal(id=UUID(int=1), name="ada")
NONE: frozenset[str] = frozenset()
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def texts(title: str) -> list[str]:
    """Return the policies under a heading."""
    sections = dict(EXAMPLES.findall(DOCUMENT.read_text()))
    return TEXT.findall(sections[title])


def forbids(
    text: str,
    *,
    who: Principal = ADA,
    groups: frozenset[str] = NONE,
    on: str = ROOT,
    at: datetime = MONDAY,
) -> bool:
    policies = CedarLanguage(FrozenClock(at)).restrictions([policy(text)])
    return bool(policies.forbidden_by(who, groups, DEPLOY, on))


def policy(text: str) -> Policy:
    return Policy(
        id=UUID(int=9),
        name="example",
        summary="",
        text=text,
        permissions=frozenset({DEPLOY}),
        enabled=True,
        version=1,
        created_at=MONDAY,
        updated_at=MONDAY,
    )


async def test_all_of_them_can_be_stored() -> None:
    found = TEXT.findall(DOCUMENT.read_text())

    assert len(found) == 6
    for text in (*found, EXAMPLE):
        await CedarLanguage(FrozenClock()).check(text, frozenset({DEPLOY}))


@pytest.mark.parametrize(
    ("at", "groups", "forbidden"),
    [
        (datetime(2026, 3, 2, 6, 59, tzinfo=UTC), NONE, True),
        (datetime(2026, 3, 2, 7, 0, tzinfo=UTC), NONE, False),
        (datetime(2026, 3, 6, 16, 59, tzinfo=UTC), NONE, False),
        (datetime(2026, 3, 6, 17, 0, tzinfo=UTC), NONE, True),
        (datetime(2026, 3, 7, 12, 0, tzinfo=UTC), NONE, True),
        (datetime(2026, 3, 7, 12, 0, tzinfo=UTC), frozenset({"on-call"}), False),
    ],
)
def test_office_hours_hold_but_for_who_is_on_call(
    at: datetime, groups: frozenset[str], forbidden: bool
) -> None:
    (text,) = texts("Runs start in office hours only")

    assert forbids(text, at=at, groups=groups) == forbidden


@pytest.mark.parametrize(
    ("address", "forbidden"),
    [
        ("203.0.113.7", [False, False]),
        ("::ffff:203.0.113.7", [False, False]),
        ("2001:db8:12:1::5", [False, True]),
        ("198.51.100.1", [True, True]),
        ("2001:db8:13::5", [True, True]),
        ("", [False, True]),
    ],
)
def test_the_network_counts(address: str, forbidden: list[bool]) -> None:
    """What the server does by itself has no address, which either may say."""
    who = replace(ADA, origin=Origin(address=address))

    found = [
        forbids(text, who=who) for text in texts("Only from the company's network")
    ]

    assert found == forbidden


@pytest.mark.parametrize(
    ("kind", "forbidden"),
    [
        (PrincipalKind.USER, [False, False]),
        (PrincipalKind.API_KEY, [True, False]),
        (PrincipalKind.RUN, [True, False]),
    ],
)
def test_agents_deploy_elsewhere(kind: PrincipalKind, forbidden: list[bool]) -> None:
    (text,) = texts("Agents do not deploy to production")
    who = replace(ADA, kind=kind)

    assert [forbids(text, who=who, on=on) for on in (LIVE, DEV)] == forbidden


def test_a_project_is_in_no_list_but_of_the_crew() -> None:
    (text,) = texts("Nobody but the crew sees a project")
    policies = CedarLanguage(FrozenClock()).restrictions([policy(text)])
    everywhere = Reach(everywhere=True)

    crew = policies.reach(ADA, frozenset({"crew"}), DEPLOY, everywhere)
    rest = policies.reach(ADA, NONE, DEPLOY, everywhere)

    assert crew == everywhere
    assert rest == Reach(everywhere=True, without_projects=frozenset({PROJECT}))


@pytest.mark.parametrize(
    ("at", "on", "forbidden"),
    [
        (datetime(2026, 12, 19, 23, 59, tzinfo=UTC), LIVE, False),
        (datetime(2026, 12, 20, tzinfo=UTC), LIVE, True),
        (datetime(2027, 1, 2, 23, 59, tzinfo=UTC), LIVE, True),
        (datetime(2027, 1, 3, tzinfo=UTC), LIVE, False),
        (datetime(2026, 3, 6, 12, tzinfo=UTC), LIVE, False),
        (datetime(2026, 3, 6, 12, tzinfo=UTC), ROOT, True),
        (datetime(2026, 3, 6, 11, 59, tzinfo=UTC), ROOT, False),
    ],
)
def test_nothing_is_deployed_between_the_years(
    at: datetime, on: str, forbidden: bool
) -> None:
    (text,) = texts("Nothing is deployed between the years")

    assert forbids(text, at=at, on=on) == forbidden
