"""Authorisation over gRPC says and does what HTTP does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict
from tests.e2e.test_grpc import House, living_in, moments, refused

from fairlead.adapters.grpc.generated.authz.v1 import authz_pb2 as pb
from fairlead.kernel.ids import new_id
from fairlead.testing.rpc import Client
from fairlead.testing.server import PASSWORD

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings(
        "ignore::litestar.exceptions.LitestarDeprecationWarning"
    ),
]

CODE = grpc.StatusCode
READ, START = "pipelines.run.read", "pipelines.run.start"
FORBID = """forbid (principal, action, resource)
when { context has address && context.address == ip("::9") };"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One application for all tests of this file: admin, viewer, stranger."""
    home: Path = tmp_path_factory.mktemp("house")
    async with living_in(home) as house:
        for user, role in (("vera", "viewer"), ("sam", "")):
            await house.ask("/api/v1/users", {"name": user, "password": PASSWORD})
            if role:
                await house.ask("/api/v1/bindings", {"user": user, "role": role})
            await house.log_in(user)
        yield house


def client(house: House, service: str, user: str = "admin") -> Client:
    descriptor = pb.DESCRIPTOR.services_by_name[service]
    return Client(house.channel, descriptor, house.tokens.get(user, ""))


def as_over_http(message: Any) -> Any:
    """Return a message in the words of JSON."""
    told = MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )
    return _plain(told)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return moments({name: _plain(each) for name, each in value.items()})
    if isinstance(value, str):
        kind = value.removeprefix("HOLDER_KIND_")
        return kind.lower() if kind != value else value
    return value


def over_http(told: Any) -> Any:
    """Return what HTTP says without what is null: absent over gRPC."""
    if isinstance(told, list):
        return [over_http(each) for each in told]
    if isinstance(told, dict):
        known = {key: over_http(each) for key, each in told.items() if each is not None}
        return moments(known)
    return told


async def both(house: House, message: Any, path: str) -> None:
    """See that both edges say the same."""
    assert as_over_http(message) == over_http(await house.ask(path))


async def test_roles_are_made_shown_changed_and_deleted(house: House) -> None:
    roles = client(house, "Roles")
    draft = {"summary": "Starts runs", "permissions": [START], "includes": ["viewer"]}
    made = await roles.call("Create", name="starter", draft=draft)
    await both(house, made, "/api/v1/roles/starter")
    assert READ in made.permissions
    await both(house, await roles.call("Get", name="starter"), "/api/v1/roles/starter")
    first = await roles.call("List", page={"limit": 2})
    await both(house, first, "/api/v1/roles?limit=2")
    rest = await roles.call("List", page={"after": first.next})
    assert "starter" in [role.name for role in rest.items]

    changed = await roles.call("Update", name="starter", draft={"permissions": [READ]})
    assert list(changed.own) == [READ]
    again = await refused(roles.call("Create", name="starter", draft={}))
    await roles.call("Delete", name="starter")
    gone = await refused(roles.call("Get", name="starter"))
    built_in = await refused(roles.call("Delete", name="viewer"))
    undrafted = await refused(roles.call("Create", name="other"))

    assert (again.code, again.reason) == (CODE.ABORTED, "authz.role_name_taken")
    assert (gone.code, gone.reason) == (CODE.NOT_FOUND, "authz.role_not_found")
    assert (built_in.code, built_in.reason) == (CODE.ABORTED, "authz.role_built_in")
    assert (undrafted.code, undrafted.facts["field"]) == (
        CODE.INVALID_ARGUMENT,
        "draft",
    )


async def test_groups_have_members_and_roles(house: House) -> None:
    groups, bindings = client(house, "Groups"), client(house, "Bindings")
    made = await groups.call("Create", name="crew", summary="Those on call")
    await both(house, made, "/api/v1/groups/crew")
    await groups.call("Add", name="crew", user="sam")
    await groups.call("Add", name="crew", user="sam")
    members = await groups.call("Members", name="crew")
    await both(house, members, "/api/v1/groups/crew/members")
    assert [each.user_name for each in members.items] == ["sam"]
    assert (await groups.call("Get", name="crew")).members == 1
    await both(house, await groups.call("List"), "/api/v1/groups")
    changed = await groups.call("Update", name="crew", summary="On call")
    assert changed.summary == "On call"

    scope = f"/projects/{new_id()}"
    bound = await bindings.call(
        "Bind", holder="crew", role="viewer", scope=scope, kind=pb.HOLDER_KIND_GROUP
    )
    assert bound.principal_kind == pb.HOLDER_KIND_GROUP
    listed = await bindings.call("List", filter={"group": "crew"})
    await both(house, listed, "/api/v1/bindings?group=crew")
    mine = await bindings.call("List", filter={"user": "sam"})
    assert list(mine.items) == list(listed.items) == [bound]

    told = await client(house, "Decisions", "sam").call(
        "CanI", permission=READ, scope=scope
    )
    assert told.allowed
    assert told.binding == bound
    await groups.call("Remove", name="crew", user="sam")
    told = await client(house, "Decisions", "sam").call(
        "CanI", permission=READ, scope=scope
    )
    assert not told.allowed
    await bindings.call("Unbind", id=bound.id)
    await groups.call("Delete", name="crew")
    gone = await refused(groups.call("Members", name="crew"))
    assert (gone.code, gone.reason) == (CODE.NOT_FOUND, "authz.group_not_found")


async def test_bindings_are_of_users_and_everywhere_unless_said(house: House) -> None:
    bindings = client(house, "Bindings")
    bound = await bindings.call("Bind", holder="sam", role="guest")
    assert (bound.scope, bound.principal_kind) == ("/", pb.HOLDER_KIND_USER)
    await bindings.call("Unbind", id=bound.id)
    gone = await refused(bindings.call("Unbind", id=bound.id))
    scope = await refused(bindings.call("Bind", holder="sam", role="guest", scope="/x"))

    assert (gone.code, gone.reason) == (CODE.NOT_FOUND, "authz.binding_not_found")
    assert (scope.code, scope.reason) == (CODE.INVALID_ARGUMENT, "authz.bad_scope")


async def test_policies_are_kept_checked_and_in_force(house: House) -> None:
    policies = client(house, "Policies")
    draft = {"text": FORBID, "permissions": [START], "summary": "Not from there"}
    await policies.call("Check", draft=draft)
    made = await policies.call("Create", name="not-there", draft=draft)
    await both(house, made, "/api/v1/policies/not-there")
    await both(house, await policies.call("List"), "/api/v1/policies")
    assert (made.enabled, made.version) == (True, 1)
    off = {**draft, "enabled": False}
    changed = await policies.call("Update", name="not-there", draft=off, version=1)
    assert (changed.enabled, changed.version) == (False, 2)
    late = await refused(
        policies.call("Update", name="not-there", draft=off, version=1)
    )
    bad = await refused(
        policies.call("Check", draft={"text": "forbid", "permissions": [START]})
    )
    await policies.call("Delete", name="not-there")
    gone = await refused(policies.call("Get", name="not-there"))

    assert (late.code, late.reason) == (CODE.ABORTED, "authz.policy_changed")
    assert (bad.code, bad.reason) == (CODE.INVALID_ARGUMENT, "authz.bad_policy")
    assert (gone.code, gone.reason) == (CODE.NOT_FOUND, "authz.policy_not_found")


async def test_decisions_are_explained(house: House) -> None:
    decisions = client(house, "Decisions")
    own = await client(house, "Decisions", "vera").call("CanI", permission=READ)
    others = await decisions.call("Can", user="vera", permission=START)
    path = f"/api/v1/decisions/can?user=vera&permission={START}"
    await both(house, others, path)
    capable = await decisions.call("WhoCan", permission=READ, page={"limit": 1})
    await both(house, capable, f"/api/v1/decisions/who-can?permission={READ}&limit=1")
    rest = await decisions.call("WhoCan", permission=READ, page={"after": capable.next})
    unknown = await refused(decisions.call("CanI", permission="no.such.thing"))

    assert own.allowed
    assert list(own.path) == ["viewer"]
    assert not others.allowed
    assert not others.HasField("binding")
    names = [each.user_name for each in (*capable.items, *rest.items)]
    assert names == ["admin", "vera"]
    assert (unknown.code, unknown.reason) == (
        CODE.INVALID_ARGUMENT,
        "authz.unknown_permission",
    )


async def test_changes_are_compared_before_they_are_made(house: House) -> None:
    roles, comparisons = client(house, "Roles"), client(house, "Comparisons")
    await roles.call("Create", name="lead", draft={"permissions": [READ]})
    bound = await client(house, "Bindings").call("Bind", holder="sam", role="lead")
    draft = {"permissions": [START]}
    other = await comparisons.call("Role", name="lead", draft=draft)
    without = await comparisons.call("Role", name="lead")
    module = await comparisons.call("Module", name="pipelines", permissions=[START])
    foreign = await refused(
        comparisons.call("Module", name="pipelines", permissions=["a.b.c"])
    )
    await client(house, "Bindings").call("Unbind", id=bound.id)
    await roles.call("Delete", name="lead")

    (difference,) = other.items
    assert (difference.user_name, difference.scope) == ("sam", "/")
    assert (list(difference.gains), list(difference.loses)) == ([START], [READ])
    assert [list(each.loses) for each in without.items] == [[READ]]
    lost = {each.user_name: READ in each.loses for each in module.items}
    assert lost == {"admin": True, "sam": True, "vera": True}
    assert (foreign.code, foreign.reason) == (CODE.INVALID_ARGUMENT, "authz.bad_role")


@pytest.mark.parametrize(
    ("service", "name", "fields"),
    [
        ("Roles", "List", {}),
        ("Roles", "Create", {"name": "x", "draft": {}}),
        ("Bindings", "Bind", {"holder": "sam", "role": "admin"}),
        ("Groups", "Create", {"name": "x"}),
        ("Policies", "List", {}),
        ("Decisions", "Can", {"user": "admin", "permission": READ}),
        ("Decisions", "WhoCan", {"permission": READ}),
        ("Comparisons", "Role", {"name": "x"}),
        ("Comparisons", "Module", {"name": "pipelines"}),
    ],
)
async def test_callers_are_known_and_allowed_or_refused(
    house: House, service: str, name: str, fields: Any
) -> None:
    nobody = await refused(client(house, service, "").call(name, **fields))
    stranger = await refused(client(house, service, "sam").call(name, **fields))

    assert nobody.code is CODE.UNAUTHENTICATED
    assert stranger.code is CODE.PERMISSION_DENIED


async def test_the_trail_tells_which_method_was_refused(house: House) -> None:
    """Whom, too: somebody known and somebody unknown."""
    for user in ("", "sam"):
        await refused(client(house, "Roles", user).call("Delete", name="x"))
    found: set[str] = set()
    async with asyncio.timeout(30):
        while len(found) < 2:
            await asyncio.sleep(0.05)
            path = "/api/v1/audit?target=fairlead.authz.v1.Roles/Delete"
            found = {each["actor"] for each in (await house.ask(path))["items"]}

    assert found == {"anonymous", "sam"}


async def test_documents_of_both_edges_have_the_same_members(house: House) -> None:
    """The OpenAPI schemas and the proto's messages."""
    document = await house.ask("/openapi.json")
    schemas = document["components"]["schemas"]
    for name in ("Role", "Binding", "Group", "Member", "Policy", "Decision", "Capable"):
        (schema,) = (
            schema
            for key, schema in schemas.items()
            if key.endswith(f"{name}Body")
            if key.split("_")[-1].split(".")[-1] == f"{name}Body"
        )
        message = pb.DESCRIPTOR.message_types_by_name[name]
        assert set(schema["properties"]) == set(message.fields_by_name), name
