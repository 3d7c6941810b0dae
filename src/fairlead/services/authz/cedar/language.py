"""Understands policies: what Cedar says of a text, in words with a place."""

import json
import re
from asyncio import to_thread
from collections import OrderedDict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import cedarpy
import structlog
from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.services.authz.cedar.grammar import Complaint, Meaning, understood
from fairlead.services.authz.cedar.restrictions import CedarRestrictions, Statements
from fairlead.services.authz.cedar.text import Text
from fairlead.services.authz.domain.policies import Place, bad_text
from fairlead.services.authz.ports import PolicyLanguage, Restrictions
from fairlead.services.authz.public import BadPolicy, Policy

SCHEMA = """
type Context = {
  hour: Long, minute: Long, weekday: Long, date: datetime, epoch: Long,
  address?: ipaddr,
};
entity User = { name: String, kind: String, owner: String, groups: Set<String> };
entity Scope in [Scope];
action %s appliesTo { principal: [User], resource: [Scope], context: Context };
"""
REMEMBERED = 1_000

_UNFINISHED = "unexpected end of input"
_OF_FORM = ("unexpected", "invalid token")
_OF_POLICY = re.compile(r"^(Policy parse error: )?(for policy `policy\d+`, )?")
_NUMBER = re.compile(r"policy(\d+)")
_QUOTED = re.compile(r"[`']([^`']+)[`']")
_WORD = re.compile(r"\w+")


class CedarLanguage(PolicyLanguage):
    """Cedar, with `forbid` alone and `resource in Scope::"…"` alone."""

    def __init__(self, clock: Clock) -> None:
        """Tell conditions the time by `clock`."""
        self._clock = clock
        self._known: OrderedDict[str, Statements] = OrderedDict()

    @override
    async def check(self, text: str, permissions: AbstractSet[str]) -> None:
        await to_thread(_check, text, permissions)

    @override
    def restrictions(self, policies: Sequence[Policy]) -> Restrictions:
        ready = [(policy, self._statements(policy)) for policy in policies]
        return CedarRestrictions(ready, self._clock)

    def _statements(self, policy: Policy) -> Statements:
        found = self._known.get(policy.text)
        if found is None:
            found = _statements(policy)
            self._known[policy.text] = found
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found


def _statements(policy: Policy) -> Statements:
    """Read a stored text; one that is no policy any more forbids everything."""
    try:
        text = Text.of(policy.text)
        meaning = _understood(text)
    except BadPolicy as error:
        structlog.get_logger().error(
            "policy_not_understood", policy=policy.name, reason=error.message
        )
        return Statements(text="", count=0, scopes=frozenset(), broken=True)
    return Statements(text=policy.text, count=meaning.statements, scopes=meaning.scopes)


def _check(text: str, permissions: AbstractSet[str]) -> None:
    readable = Text.of(text.replace("\r\n", "\n"))
    meaning = _understood(readable)
    strange = sorted(meaning.actions - permissions)
    if strange:
        raise bad_text(
            f"the policy is not attached to {strange[0]}, which it names",
            _place(readable, 0, strange[0], anywhere=True),
        )
    # To the checker all actions are alike: those that are named, or any, will do.
    actions = sorted(meaning.actions) or sorted(permissions)[:1]
    shown = ", ".join(json.dumps(each) for each in actions)
    result = cedarpy.validate_policies(
        readable.text, cedarpy.Schema.from_str(SCHEMA % shown), release_gil=True
    )
    for error in result.errors:
        number = _NUMBER.fullmatch(error.policy_id)
        raise _refused(readable, error.error, int(number[1]) if number else 0)


def _understood(text: Text) -> Meaning:
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(text.text))
        return understood(parsed)
    except ValueError as error:
        raise _refused(text, str(error), 0, anywhere=True) from error
    except RecursionError as error:
        raise bad_text("it is nested too deeply", None) from error
    except Complaint as error:
        misused = text.misused(error.number) if not error.words else None
        place = misused or text.find(error.number, *error.words)
        raise bad_text(error.reason, place) from error


def _refused(
    text: Text, message: str, number: int, *, anywhere: bool = False
) -> BadPolicy:
    reason = _OF_POLICY.sub("", message)
    if anywhere and reason.startswith(_OF_FORM):
        return bad_text(reason, text.first_wrong(_can_go_on))
    quoted = _QUOTED.findall(reason) or [reason.rpartition(": ")[2]]
    words = [word for each in quoted for word in (each, *_WORD.findall(each))]
    return bad_text(reason, _place(text, number, *words, anywhere=anywhere))


def _place(text: Text, number: int, *words: str, anywhere: bool) -> Place:
    numbers = range(text.statements) if anywhere else [number]
    for each in numbers:
        found = text.mentioned(each, *words)
        if found is not None:
            return found
    return text.find(number)


def _can_go_on(beginning: str) -> bool:
    try:
        cedarpy.policies_to_json_str(beginning)
    except ValueError as error:
        return not str(error).startswith(_OF_FORM) or str(error) == _UNFINISHED
    return True
