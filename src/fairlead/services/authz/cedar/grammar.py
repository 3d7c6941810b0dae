"""What a policy may say of a resource, so that lists can be cut to it exactly.

A scope is only ever compared by `resource in Scope::"…"`. So all scopes that no
statement names are alike, and a list needs one decision per named scope and one more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fairlead.services.authz.domain.scopes import checked_scope
from fairlead.services.authz.public import BadScope

MAX_SCOPES = 100
MAX_STATEMENTS = 100

_HINT = 'write resource in Scope::"/projects/ID", and nothing else of resource'

Node = Any


@dataclass(frozen=True, slots=True)
class Complaint(Exception):
    """A statement says what none may.

    Attributes:
        number: Which statement, from 0.
        words: Where to look for it there, the best first; none: it is about
            `resource`.
    """

    number: int
    reason: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What matters of a policy for decisions.

    Attributes:
        statements: How many it has.
        scopes: All it names.
        actions: All it names.
    """

    statements: int
    scopes: frozenset[str]
    actions: frozenset[str]


def understood(policies: Mapping[str, Node]) -> Meaning:
    """Return the meaning of parsed statements, in Cedar's JSON form.

    Raises:
        Complaint: there is none, or one says what it may not.
    """
    templates = policies.get("templates")
    statements: Mapping[str, Node] = policies["staticPolicies"]
    if templates:
        number = min(_number(each) for each in templates)
        raise Complaint(number, "slots such as ?principal have no meaning here", ("?",))
    if not statements:
        raise Complaint(0, "write at least one forbid statement", ("forbid",))
    if len(statements) > MAX_STATEMENTS:
        raise Complaint(
            MAX_STATEMENTS, f"write at most {MAX_STATEMENTS} statements", ("forbid",)
        )
    scopes: set[str] = set()
    actions: set[str] = set()
    for key in sorted(statements, key=_number):
        _Statement(_number(key), statements[key], scopes, actions).read()
    if len(scopes) > MAX_SCOPES:
        raise Complaint(0, f"name at most {MAX_SCOPES} scopes", ("Scope",))
    return Meaning(
        statements=len(statements),
        scopes=frozenset(scopes),
        actions=frozenset(actions),
    )


@dataclass(frozen=True, slots=True)
class _Statement:
    number: int
    statement: Mapping[str, Node]
    scopes: set[str]
    actions: set[str]

    def read(self) -> None:
        if self.statement["effect"] != "forbid":
            raise Complaint(
                self.number,
                "roles permit, policies only take away; write forbid (principal, "
                "action, resource) unless { … } instead of permit",
                ("permit",),
            )
        head = self.statement["resource"]
        if head["op"] not in {"All", "in"}:
            raise Complaint(self.number, _HINT)
        for name in ("principal", "action", "resource"):
            for entity in _entities_of_head(self.statement[name]):
                self._name(entity, of_resource=name == "resource")
        for condition in self.statement["conditions"]:
            self._condition(condition["body"])

    def _condition(self, body: Node) -> None:
        waiting = [body]
        while waiting:
            # An expression has one key, which says what it is.
            ((kind, inside),) = waiting.pop().items()
            waiting += self._within(kind, inside)

    def _within(self, kind: str, inside: Node) -> Iterator[Node]:
        """Find the expressions that one of this kind is made of."""
        if kind == "Var" and inside == "resource":
            raise Complaint(self.number, _HINT)
        if kind == "Value":
            for entity in _entities(inside):
                self._name(entity, of_resource=False)
        elif kind == "in" and inside["left"] == {"Var": "resource"}:
            for entity in self._literals(inside["right"]):
                self._name(entity, of_resource=True)
        elif isinstance(inside, Mapping):
            yield from (each for each in inside.values() if isinstance(each, Mapping))
        elif isinstance(inside, list):
            yield from (each for each in inside if isinstance(each, Mapping))

    def _literals(self, node: Node) -> Iterator[Mapping[str, str]]:
        members = node.get("Set", [node])
        for member in members:
            value = member.get("Value") if isinstance(member, Mapping) else None
            entity = value.get("__entity") if isinstance(value, Mapping) else None
            if entity is None:
                raise Complaint(self.number, _HINT)
            yield entity

    def _name(self, entity: Mapping[str, str], *, of_resource: bool) -> None:
        name = entity["id"]
        if entity["type"] == "Action":
            self.actions.add(name)
        elif entity["type"] == "User" and not _is_id(name):
            raise Complaint(
                self.number,
                f'a User has an id; write principal.name == "{name}"',
                (name, "User"),
            )
        elif entity["type"] == "Scope":
            if not of_resource:
                raise Complaint(self.number, _HINT, ("Scope",))
            self.scopes.add(self._scope(name))

    def _scope(self, name: str) -> str:
        try:
            spelled = checked_scope(name)
        except BadScope as error:
            reason = error.message[0].lower() + error.message[1:].rstrip(".")
            raise Complaint(self.number, reason, (name, "Scope")) from error
        if spelled != name:
            raise Complaint(
                self.number, f"write the scope as {spelled}", (name, "Scope")
            )
        return spelled


def _entities_of_head(head: Mapping[str, Node]) -> Iterator[Mapping[str, str]]:
    if "entity" in head:
        yield head["entity"]
    yield from head.get("entities", ())
    if "in" in head:
        yield from _entities_of_head(head["in"])


def _entities(value: Node) -> Iterator[Mapping[str, str]]:
    """Find the entities in a literal, e.g. a set of them."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            if "__entity" in node:
                yield node["__entity"]
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _number(name: str) -> int:
    return int(name.removeprefix("policy"))
