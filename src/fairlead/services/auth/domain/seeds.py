"""What an installation shall have from its settings, beside its administrator."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSeed:
    """A role of one's own; `includes` names others whose permissions it has, too."""

    name: str
    summary: str = ""
    permissions: frozenset[str] = frozenset()
    includes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSeed:
    """A group and who shall be in it, by name."""

    name: str
    summary: str = ""
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingSeed:
    """A user or a group, one of them, has a role within a scope."""

    role: str
    user: str = ""
    group: str = ""
    scope: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """All of it."""

    roles: tuple[RoleSeed, ...] = ()
    groups: tuple[GroupSeed, ...] = ()
    bindings: tuple[BindingSeed, ...] = ()


def included_first(roles: Iterable[RoleSeed]) -> tuple[RoleSeed, ...]:
    """Return roles so that each stands behind those it includes.

    Those that include each other stay in some order; making them is refused.
    """
    named = {role.name: role for role in roles}
    placed: dict[str, RoleSeed] = {}
    begun: set[str] = set()

    def place(name: str) -> None:
        role = named.get(name)
        if role is None or name in begun:
            return
        begun.add(name)
        for included in sorted(role.includes):
            place(included)
        placed[name] = role

    for name in named:
        place(name)
    return tuple(placed.values())


def twice(names: Iterable[str]) -> str | None:
    """Return a name that comes twice; None: there is none."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
