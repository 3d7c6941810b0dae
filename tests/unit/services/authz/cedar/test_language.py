"""Which texts are policies, and what is said of those that are none."""

import subprocess
import sys

import pytest

from fairlead.services.authz.cedar.language import CedarLanguage
from fairlead.services.authz.public import BadPolicy
from fairlead.testing.fakes import FrozenClock

START, READ = "pipelines.run.start", "pipelines.run.read"
ATTACHED = frozenset({START})
PROJECT = "/projects/01989fd1-7c1e-7c52-8a3a-111111111111"
LIVE = f"{PROJECT}/environments/01989fd1-7c1e-7c52-8a3a-222222222222"
ONLY_IN = 'write resource in Scope::"/projects/ID", and nothing else of resource'
DEEP = "it is nested too deeply"


async def check(text: str) -> None:
    await CedarLanguage(FrozenClock()).check(text, ATTACHED)


def when(condition: str) -> str:
    return f"forbid (principal, action, resource)\nwhen {{ {condition} }};"


@pytest.mark.parametrize(
    "text",
    [
        "forbid (principal, action, resource);",
        "// none but us\r\nforbid (principal is User, action, resource);\r\n",
        f'forbid (principal, action == Action::"{START}", resource in Scope::"/");',
        f'forbid (principal, action, resource in Scope::"{LIVE}");',
        when(f'resource in Scope::"{PROJECT}" && !(resource in Scope::"{LIVE}")'),
        when(f'resource in [Scope::"{PROJECT}", Scope::"{LIVE}"]'),
        when('principal.name like "bot-*" || principal.kind != "user"'),
        when('principal.owner == "ada"'),
        when('principal.groups.containsAny(["ops", "on-call"])'),
        when('context has address && !context.address.isInRange(ip("10.0.0.0/8"))'),
        when('context.date >= datetime("2026-12-20") && context.epoch > 0'),
        when("[6, 7].contains(context.weekday)") + when("context.minute == 59"),
        '@reason("no resource == here") ' + when('"resource == " == ")"'),
    ],
)
async def test_forbidding_under_conditions_is_possible(text: str) -> None:
    await check(text)


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("", 1, 1, "write at least one forbid statement"),
        ("// nothing", 1, 1, "write at least one forbid statement"),
        ("permit (principal, action, resource);", 1, 1, "roles permit, policies only"),
        (
            when("true") + "\npermit (principal, action, resource);",
            3,
            1,
            "roles permit",
        ),
        ("forbid (principal, action, resource)", 1, 36, "unexpected end of input"),
        (when("context.hour < "), 2, 25, "unexpected token `}`"),
        (when("true") + when("context.hour = 1"), 3, 21, "not a valid operator"),
        (when('"open'), 2, 8, "invalid token"),
        ("forbid (principal, deed, resource);", 1, 20, "found an invalid variable"),
        (
            "forbit (principal, action, resource);",
            1,
            1,
            "invalid policy effect: forbit",
        ),
        (when("now < 8 && contxt.hour < 8"), 2, 8, "invalid variable: now"),
        (when("context.hours < 8"), 2, 16, "attribute `hours` in context"),
        (when("principal.group == 1"), 2, 18, "attribute `group` on entity type"),
        (when('context.hour == "8"'), 1, 1, "the types Long and String"),
        (when('ip("10.0.0.0/33").isIpv4()'), 2, 11, "error during extension function"),
        (when("context.address.isIpv4()"), 2, 16, "unable to guarantee safety"),
        (when(f'action == Action::"{READ}"'), 2, 26, "the policy is not attached to"),
        (when('principal == User::"ada"'), 2, 27, "a User has an id; write principal"),
        (when('principal in Group::"ops"'), 2, 21, "unrecognized entity type `Group`"),
        ("forbid (principal, action, resource in ?resource);", 1, 40, "slots such as"),
        (when("true \x00"), 2, 13, "there is a control character"),
        (when('"\ud800" == "x"'), 2, 9, "there is a control character"),
        (when("(" * 30 + "true" + ")" * 30), 2, 31, DEEP),
        (when("context has " + ".a" * 30), 2, 36, DEEP),
    ],
)
async def test_what_is_wrong_is_said_with_its_place(
    text: str, line: int, column: int, reason: str
) -> None:
    with pytest.raises(BadPolicy) as refused:
        await check(text)

    assert reason in refused.value.message
    assert refused.value.details == {"line": line, "column": column}


@pytest.mark.parametrize(
    "text",
    [
        f'forbid (principal, action, resource == Scope::"{PROJECT}");',
        f'forbid (principal, action, resource is Scope in Scope::"{PROJECT}");',
        "forbid (principal, action, resource is Scope);",
        when(f'resource == Scope::"{PROJECT}"'),
        when(f'Scope::"{PROJECT}" == resource'),
        when(f'resource != Scope::"{PROJECT}"'),
        when("resource in resource"),
        when(f'resource in [Scope::"{PROJECT}", resource]'),
        when(f'resource in (if true then Scope::"/" else Scope::"{PROJECT}")'),
        when(f'(if true then resource else Scope::"/") in Scope::"{PROJECT}"'),
        when(f'[Scope::"{PROJECT}"].contains(resource)'),
        when(f'Scope::"{LIVE}" in Scope::"{PROJECT}"'),
        when(f'{{Value: resource}} == {{Value: Scope::"{PROJECT}"}}'),
        when(f'{{Value: Scope::"{PROJECT}"}} == {{Value: Scope::"{PROJECT}"}}'),
        when(f'{{"in": resource}} == {{"in": Scope::"{PROJECT}"}}'),
        when("resource is Scope"),
        when("resource has owner"),
        when('resource.hasTag("owner")'),
        when("[resource] == [resource]"),
        when("if resource == principal then true else context.hour == 1"),
    ],
)
async def test_of_a_resource_only_where_it_is_in_may_be_asked(text: str) -> None:
    """Anything else could tell two scopes apart that lists take for alike."""
    with pytest.raises(BadPolicy, match=ONLY_IN):
        await check(text)


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("/projects/shop", "write a scope as '/', '/projects/ID'"),
        (f"{PROJECT}/", "write a scope as '/', '/projects/ID'"),
        (PROJECT.replace("a", "A"), f"write the scope as {PROJECT}"),
    ],
)
async def test_scopes_are_written_as_everywhere(scope: str, reason: str) -> None:
    with pytest.raises(BadPolicy, match=reason):
        await check(when(f'resource in Scope::"{scope}"'))


async def test_long_texts_are_refused() -> None:
    """In characters, in words, in statements and in scopes."""
    scopes = [
        f"/projects/01989fd1-7c1e-7c52-8a3a-{number:012}" for number in range(101)
    ]
    named = ", ".join(f'Scope::"{scope}"' for scope in scopes)
    for text, reason in (
        (when("true") + " " * 10_000, "at most 10,000 characters"),
        (
            when("1" + "+1" * 2_000 + " == 1"),
            "at most 1,000 words and signs in a statement",
        ),
        ("forbid(principal,action,resource);" * 101, "at most 100 statements"),
        (when(f"resource in [{named}]"), "name at most 100 scopes"),
    ):
        with pytest.raises(BadPolicy, match=reason):
            await check(text)


TRY = """
import asyncio, sys, threading
from fairlead.services.authz.cedar.language import CedarLanguage
from fairlead.services.authz.public import BadPolicy
from fairlead.testing.fakes import FrozenClock

threading.stack_size(2**20)  # an eighth of the usual one
HEAD = "forbid (principal, action, resource) when { "
for number in (20, 24, 200, 400, 1400, 4800):
    for begin, middle, end in (
        ("(", "true", ")"), ("[", "", "]"), ("{a:", "1", "}"), ("!", "true", ""),
        ("-", "1 == 1", ""), ("true && ", "true", ""), ("1 + ", "1 == 1", ""),
        ("if true then ", "true", " else true"), ("context.a", "", ".a"),
        ("context has a", "", ".a"), ("context", "", "['a']"), ("a(", "", ")"),
        ("A::", "A::\\"x\\" in principal", ""), ("/*", "", "*/"), ("\\"", "", "\\""),
        ("true } when { ", "true", ""), ("principal like ", "\\"*\\"", ""),
        ("1 * ", "1 == 1", ""), ("true || ", "true", ""), ("1 == ", "1", ""),
        ("@a(\\"b\\")", "", ""), ("// (\\n", "(", ")"), ("\\\\\\"(", "(", ")"),
    ):
        text = HEAD + begin * number + middle + end * number + " };"
        try:
            asyncio.run(CedarLanguage(FrozenClock()).check(text, {"a.b.c"}))
        except BadPolicy:
            pass
print("alive")
"""


def test_no_text_takes_the_process_down() -> None:
    """Deep nesting overflows the stack of Cedar's parser, so it never gets there."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", TRY], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "alive\n", "")
