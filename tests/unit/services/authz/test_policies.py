"""Managing policies, over memory, and what they do to the next decision."""

from dataclasses import replace
from typing import Any

import pytest

from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import service
from fairlead.services.audit.public import Outcome
from fairlead.services.authz.domain.policies import MAX_POLICIES
from fairlead.services.authz.public import (
    ROOT,
    BadPolicy,
    LastAdministrator,
    NotAllowed,
    Policy,
    PolicyChanged,
    PolicyDraft,
    PolicyNameTaken,
    PolicyNotFound,
)

SYSTEM = service("test")
READ = "projects.project.read"
ALWAYS = "forbid (principal, action, resource);"
DRAFT = PolicyDraft(text=ALWAYS, permissions={READ})


@pytest.fixture
async def administered(world: Any) -> Any:
    await world.roles.bind(SYSTEM, "root", "admin", scope=ROOT)
    await world.roles.bind(SYSTEM, "ada", "viewer", scope=ROOT)
    world.trail.acts.clear()
    return world


async def test_a_policy_is_in_force_for_the_next_request(administered: Any) -> None:
    """From when it is made to when it is gone, and not while it is off."""
    root, ada = administered.who("root"), administered.who("ada")
    allowed = [await administered.authorizer.allows(ada, READ)]
    await administered.policies.create(root, "none", DRAFT)
    allowed.append(await administered.authorizer.allows(ada, READ))
    await administered.policies.update(root, "none", replace(DRAFT, enabled=False))
    allowed.append(await administered.authorizer.allows(ada, READ))
    await administered.policies.update(root, "none", DRAFT)
    allowed.append(await administered.authorizer.allows(ada, READ))
    await administered.policies.delete(root, "none")
    allowed.append(await administered.authorizer.allows(ada, READ))

    assert allowed == [True, False, True, False, True]


async def test_the_refused_are_told_which_policy_it_was(administered: Any) -> None:
    root, ada = administered.who("root"), administered.who("ada")
    await administered.policies.create(root, "none", DRAFT)
    administered.trail.acts.clear()

    with pytest.raises(NotAllowed) as refused:
        await administered.authorizer.require(ada, READ)

    assert refused.value.details["policy"] == "none"
    ((_, act),) = administered.trail.acts
    assert (act.outcome, act.details) == (Outcome.REFUSED, {"policy": "none"})


async def test_administrators_are_under_policies_services_are_not(
    administered: Any,
) -> None:
    await administered.policies.create(SYSTEM, "none", DRAFT)

    assert not await administered.authorizer.allows(administered.who("root"), READ)
    assert await administered.authorizer.allows(SYSTEM, READ)


async def test_what_was_made_is_shown_and_listed_by_name(administered: Any) -> None:
    root = administered.who("root")
    draft = PolicyDraft(
        summary="Nobody", text=ALWAYS, permissions={READ, "projects.*"}, enabled=False
    )
    made = {
        name: await administered.policies.create(root, name, draft)
        for name in ("b", "a", "c")
    }

    first = await administered.policies.list(root, PageRequest(limit=2))
    second = await administered.policies.list(root, PageRequest(after=first.next))
    assert [*first.items, *second.items] == [made[name] for name in "abc"]
    found: Policy = await administered.policies.get(root, "a")
    assert (found.summary, found.text, found.enabled) == ("Nobody", ALWAYS, False)
    assert found.permissions == {READ, "projects.*"}
    assert found.version == 1


async def test_a_change_needs_the_version_that_was_seen(administered: Any) -> None:
    root = administered.who("root")
    await administered.policies.create(root, "none", DRAFT)
    changed = await administered.policies.update(root, "none", DRAFT, version=1)

    assert changed.version == 2
    with pytest.raises(PolicyChanged):
        await administered.policies.update(root, "none", DRAFT, version=1)
    _, act = administered.trail.acts[-1]
    assert (act.outcome, act.target) == (Outcome.REFUSED, "policies/none")
    assert act.details["reason"] == "authz.policy_changed"


async def test_names_are_unique_and_unknown_ones_not_found(administered: Any) -> None:
    root = administered.who("root")
    await administered.policies.create(root, "none", DRAFT)

    with pytest.raises(PolicyNameTaken):
        await administered.policies.create(root, "none", DRAFT)
    for asked in (
        administered.policies.get(root, "other"),
        administered.policies.get(root, "no\x00name"),
        administered.policies.update(root, "other", DRAFT),
        administered.policies.delete(root, "other"),
    ):
        with pytest.raises(PolicyNotFound):
            await asked


async def test_all_changes_are_recorded(administered: Any) -> None:
    root = administered.who("root")
    await administered.policies.create(root, "none", DRAFT)
    await administered.policies.update(root, "none", replace(DRAFT, enabled=False))
    await administered.policies.delete(root, "none")

    acts = [act for _, act in administered.trail.acts]
    assert [(act.action, act.target) for act in acts] == [
        (f"authz.policy.{verb}", "policies/none")
        for verb in ("create", "update", "delete")
    ]
    assert acts[1].details == {
        "permissions": READ,
        "enabled": "no",
        "version": "2",
        "text": ALWAYS,
    }


async def test_only_who_may_manages_policies(administered: Any) -> None:
    ada = administered.who("ada")
    await administered.policies.create(SYSTEM, "none", DRAFT)

    for asked in (
        administered.policies.list(ada, PageRequest()),
        administered.policies.get(ada, "none"),
        administered.policies.create(ada, "more", DRAFT),
        administered.policies.update(ada, "none", DRAFT),
        administered.policies.delete(ada, "none"),
        administered.policies.check(ada, DRAFT),
    ):
        with pytest.raises(NotAllowed):
            await asked


@pytest.mark.parametrize("permission", ["authz.policy.update", "authz.*"])
async def test_no_policy_may_keep_anybody_from_policies(
    administered: Any, permission: str
) -> None:
    """Whoever wrote it could shut out every administrator for good."""
    root = administered.who("root")
    draft = replace(DRAFT, permissions={READ, permission})

    for asked in (
        administered.policies.create(root, "none", draft),
        administered.policies.check(root, draft),
    ):
        with pytest.raises(LastAdministrator, match="nobody could repair it"):
            await asked
    ((_, act),) = administered.trail.acts
    assert act.outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"permissions": set()}, "at least one permission"),
        ({"permissions": {"projects.project.raed"}}, "did you mean projects.project."),
        ({"permissions": {"project.*"}}, r"did you mean projects\.\*\?"),
        ({"permissions": {"*"}}, "There is no permission"),
        ({"permissions": {f"a.b.c{number}" for number in range(101)}}, "at most 100"),
        ({"text": "permit (principal, action, resource);"}, "instead of permit"),
        ({"summary": "two\nlines"}, "one line"),
    ],
)
async def test_what_cannot_be_a_policy_is_refused(
    administered: Any, changes: dict[str, Any], message: str
) -> None:
    """The same when it is tried, made, or a policy is changed to it."""
    root = administered.who("root")
    await administered.policies.create(root, "none", DRAFT)
    draft = replace(DRAFT, **changes)

    for asked in (
        administered.policies.check(root, draft),
        administered.policies.create(root, "more", draft),
        administered.policies.update(root, "none", draft),
    ):
        with pytest.raises(BadPolicy, match=message):
            await asked
    assert (await administered.policies.get(root, "none")).version == 1


@pytest.mark.parametrize("name", ["", "No", "a b", "-a", "x" * 64, "7"])
async def test_names_have_the_form_of_those_of_roles(world: Any, name: str) -> None:
    with pytest.raises(BadPolicy):
        await world.policies.create(SYSTEM, name, DRAFT)


async def test_what_a_policy_was_attached_to_may_stay(administered: Any) -> None:
    """Also when no module declares it any more: then it can still be changed."""
    made = await administered.policies.create(SYSTEM, "none", DRAFT)
    gone = replace(
        made, permissions=frozenset({READ, "boats.boat.sail", "boats.*"}), version=2
    )
    assert await administered.policy_store.save(gone)

    text = 'forbid (principal, action == Action::"boats.boat.sail", resource);'
    draft = PolicyDraft(text=text, permissions=gone.permissions)
    changed = await administered.policies.update(SYSTEM, "none", draft)

    assert changed.permissions == gone.permissions
    assert await administered.authorizer.allows(administered.who("ada"), READ)


async def test_there_is_a_bound_to_how_many_there_are(world: Any) -> None:
    for number in range(MAX_POLICIES):
        await world.policies.create(SYSTEM, f"p{number}", DRAFT)

    with pytest.raises(BadPolicy, match="There are 200 policies already"):
        await world.policies.create(SYSTEM, "more", DRAFT)


async def test_lines_end_alike_whoever_wrote_them(world: Any) -> None:
    draft = replace(DRAFT, text="// nobody\r\n" + ALWAYS)

    made = await world.policies.create(SYSTEM, "none", draft)

    assert made.text == "// nobody\n" + ALWAYS


async def test_what_roles_give_is_told_whatever_policies_say(administered: Any) -> None:
    """Who compares people does not take a policy of the hour for less power."""
    root = administered.who("root")
    await administered.policies.create(SYSTEM, "none", DRAFT)

    assert (await administered.authorizer.reach(root, READ)).nowhere
    assert (await administered.authorizer.given(root, READ)).whole
    assert (await administered.authorizer.given(SYSTEM, READ)).whole
