"""Asks Cedar whether policies forbid something, for one place or for a list."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cedarpy
import structlog
from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.principal import Principal
from fairlead.kernel.reach import Reach
from fairlead.services.authz.cedar.facts import context_of, scopes_of, user_of
from fairlead.services.authz.domain.policies import WHOLE, module_of
from fairlead.services.authz.domain.reaches import Named, narrowed
from fairlead.services.authz.ports import Restrictions
from fairlead.services.authz.public import ROOT, Policy

_PERMIT = "permit (principal, action, resource);"
_FAILED = re.compile(r"`policy(\d+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """A policy's text as it was understood; `broken`: not at all."""

    text: str
    count: int
    scopes: frozenset[str]
    broken: bool = False


class _Bundle:
    """Some policies that are asked together.

    Attributes:
        scopes: All scopes they name; any two others are alike to them.
    """

    def __init__(self, policies: Sequence[tuple[str, Statements]]) -> None:
        self.scopes = frozenset().union(*(each.scopes for _, each in policies))
        self._logged: set[int] = set()
        self._names = [name for name, each in policies for _ in range(each.count)]
        texts = (each.text for _, each in policies)
        self._set = cedarpy.PolicySet.from_str("\n".join([*texts, _PERMIT]))

    def ask(self, asked: "_Asked", scopes: Sequence[str]) -> list[str]:
        """Return for each of `scopes` who forbids it there; empty: nobody does."""
        return [
            self._forbidding(asked, result)
            for result in cedarpy.is_authorized_batch(
                asked.requests(scopes), self._set, asked.entities(scopes)
            )
        ]

    def _forbidding(self, asked: "_Asked", result: cedarpy.AuthzResult) -> str:
        failed = [self._failed(asked, each) for each in result.diagnostics.errors]
        if result.allowed and not failed:
            return ""
        reasons = (
            int(each.removeprefix("policy")) for each in result.diagnostics.reasons
        )
        forbidding = [number for number in reasons if number < len(self._names)]
        return self._names[min(forbidding + failed, default=0)]

    def _failed(self, asked: "_Asked", error: str) -> int:
        """Return the number of a statement that could not be evaluated.

        It is logged the first time, not in every request.
        """
        found = _FAILED.search(error)
        number = min(int(found[1]), len(self._names) - 1) if found else 0
        if number in self._logged:
            return number
        self._logged.add(number)
        structlog.get_logger().error(
            "policy_failed",
            policy=self._names[number],
            permission=asked.permission,
            reason=error,
        )
        return number


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """Who wants to do what, and under which circumstances."""

    who: Principal
    groups: frozenset[str]
    permission: str
    clock: Clock

    def requests(self, scopes: Iterable[str]) -> list[dict[str, Any]]:
        return [
            {
                "principal": {"type": "User", "id": str(self.who.id)},
                "action": {"type": "Action", "id": self.permission},
                "resource": {"type": "Scope", "id": scope},
                "context": self._context,
            }
            for scope in scopes
        ]

    def entities(self, scopes: Iterable[str]) -> list[dict[str, Any]]:
        return [user_of(self.who, self.groups), *scopes_of(scopes)]

    @cached_property
    def _context(self) -> str:
        return json.dumps(context_of(self.who, self.clock.now()))


@dataclass(frozen=True, slots=True)
class _Concern:
    """The policies attached to one permission, by name.

    Attributes:
        broken: The first that is not understood any more.
        whole: All of them.
        parts: Those that name the same scopes together.
    """

    broken: str
    whole: _Bundle
    parts: Sequence[_Bundle]


class CedarRestrictions(Restrictions):
    """The enabled policies of one tenant at one version of its rights."""

    def __init__(
        self, policies: Sequence[tuple[Policy, Statements]], clock: Clock
    ) -> None:
        """Hold `policies`, which are in the order of their names."""
        self._policies = policies
        self._clock = clock
        self._attached = frozenset().union(
            *(policy.permissions for policy, _ in policies)
        )
        self._concerns: dict[str, _Concern] = {}

    @override
    def concern(self, permission: str) -> bool:
        return (
            permission in self._attached
            or module_of(permission) + WHOLE in self._attached
        )

    @override
    def forbidden_by(
        self, who: Principal, groups: frozenset[str], permission: str, on: str
    ) -> str:
        if not self.concern(permission):
            return ""
        concern = self._concern(permission)
        if concern.broken:
            return concern.broken
        return concern.whole.ask(self._asked(who, groups, permission), [on])[0]

    @override
    def reach(
        self,
        who: Principal,
        groups: frozenset[str],
        permission: str,
        whole: Reach,
    ) -> Reach:
        if whole.nowhere or not self.concern(permission):
            return whole
        concern = self._concern(permission)
        if concern.broken:
            return Reach(everywhere=False)
        asked = self._asked(who, groups, permission)
        for part in concern.parts:
            scopes = sorted(part.scopes | {ROOT})
            forbidding = part.ask(asked, scopes)
            allowed = {
                scope: not name for scope, name in zip(scopes, forbidding, strict=True)
            }
            whole = narrowed(whole, Named(allowed))
        return whole

    def _asked(self, who: Principal, groups: frozenset[str], permission: str) -> _Asked:
        return _Asked(who=who, groups=groups, permission=permission, clock=self._clock)

    def _concern(self, permission: str) -> _Concern:
        found = self._concerns.get(permission)
        if found is None:
            found = self._concerns[permission] = self._gathered(permission)
        return found

    def _gathered(self, permission: str) -> _Concern:
        wide = module_of(permission) + WHOLE
        mine = [
            (policy.name, statements)
            for policy, statements in self._policies
            if permission in policy.permissions or wide in policy.permissions
        ]
        alike: dict[frozenset[str], list[tuple[str, Statements]]] = {}
        for name, statements in mine:
            alike.setdefault(statements.scopes, []).append((name, statements))
        return _Concern(
            broken=next((name for name, each in mine if each.broken), ""),
            whole=_Bundle(mine),
            parts=[_Bundle(each) for each in alike.values()],
        )
