"""Roles, scopes, and what a caller holds where."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from fairlead.kernel.reach import Reach
from fairlead.services.authz.public import (
    ROOT,
    BadScope,
    Binding,
    Role,
    RoleNotFound,
    project_scope,
)

ADMIN = "admin"
DEVELOPER = "developer"
VIEWER = "viewer"
ADMINISTRATION = frozenset({"identity", "authz", "auth", "audit", "gateway", "console"})

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SCOPE = re.compile(f"/|/projects/{_UUID}(?:/environments/{_UUID})?")
_FIRST = re.compile(r"\.prioritise$")
_ENVIRONMENTS = "/environments/"


def built_in_roles(permissions: Iterable[str]) -> dict[str, Role]:
    """Return the roles every installation has, by name, cut from all `permissions`.

    The administrator may do everything. A viewer reads what is no administration,
    and a developer does everything that is none but put work before that of others.
    """
    everything = frozenset(permissions)
    work = frozenset(
        name for name in everything if name.partition(".")[0] not in ADMINISTRATION
    )
    reading = frozenset(name for name in work if name.endswith(".read"))
    return {
        ADMIN: Role(name=ADMIN, summary="Do everything", permissions=everything),
        DEVELOPER: Role(
            name=DEVELOPER,
            summary="Build, run and deploy; no administration",
            permissions=frozenset(name for name in work if not _FIRST.search(name)),
        ),
        VIEWER: Role(
            name=VIEWER,
            summary="See projects and what runs; change nothing",
            permissions=reading,
        ),
    }


@dataclass(frozen=True, slots=True)
class RoleBook:
    """All roles by name."""

    roles: Mapping[str, Role]

    def get(self, name: str) -> Role:
        """Return one role.

        Raises:
            RoleNotFound: there is none of this name.
        """
        role = self.roles.get(name)
        if role is None:
            known = ", ".join(sorted(self.roles))
            raise RoleNotFound(
                f"There is no role '{name}'; choose one of {known}.", role=name
            )
        return role

    def permissions(self, name: str) -> frozenset[str]:
        """Return what a role allows; nothing when it does not exist (any longer)."""
        role = self.roles.get(name)
        return role.permissions if role else frozenset()


def checked_scope(scope: str) -> str:
    """Return `scope` in its one spelling (ids in lowercase).

    Raises:
        BadScope: it has another form.
    """
    spelled = scope.lower()
    if not _SCOPE.fullmatch(spelled):
        raise BadScope(
            "Write a scope as '/', '/projects/ID' or '/projects/ID/environments/ID'.",
            scope=scope[:200],
        )
    return spelled


def parent_project(scope: str) -> str:
    """Return the project scope that `scope` is or lies in."""
    return scope.partition(_ENVIRONMENTS)[0]


class Grants:
    """What one caller holds: permissions by scope, each with everything below it."""

    __slots__ = ("_by_scope", "_everywhere", "_reaches")

    def __init__(self, by_scope: Mapping[str, frozenset[str]]) -> None:
        """Hold `by_scope`."""
        self._everywhere = by_scope.get(ROOT, frozenset())
        self._by_scope = by_scope
        self._reaches: dict[str, Reach] = {}

    @classmethod
    def of(cls, bindings: Iterable[Binding], roles: RoleBook) -> "Grants":
        """Return what `bindings` of one principal add up to."""
        by_scope: dict[str, frozenset[str]] = {}
        for binding in bindings:
            held = by_scope.get(binding.scope)
            granted = roles.permissions(binding.role)
            by_scope[binding.scope] = granted if held is None else held | granted
        return cls(by_scope)

    def narrowed(
        self, permissions: frozenset[str] | None, projects: frozenset[UUID] | None
    ) -> "Grants":
        """Return what is left of it with these permissions, in these projects only.

        None narrows nothing.
        """
        by_scope = dict(self._by_scope)
        if projects is not None:
            wanted = {project_scope(each) for each in projects}
            by_scope = {
                scope: held
                for scope, held in by_scope.items()
                if parent_project(scope) in wanted
            }
            for scope in wanted:
                held = by_scope.get(scope, frozenset())
                by_scope[scope] = held | self._everywhere
        if permissions is not None:
            by_scope = {scope: held & permissions for scope, held in by_scope.items()}
        return Grants({scope: held for scope, held in by_scope.items() if held})

    def hold(self, permission: str, on: str) -> bool:
        """Tell whether `permission` is held in `on` or in a scope above it."""
        if permission in self._everywhere:
            return True
        if on == ROOT or not self._by_scope:
            return False
        if permission in self._by_scope.get(on, ()):
            return True
        return permission in self._by_scope.get(parent_project(on), ())

    def reach(self, permission: str) -> Reach:
        """Return where `permission` is held."""
        reach = self._reaches.get(permission)
        if reach is None:
            reach = self._reaches[permission] = self._reach(permission)
        return reach

    def _reach(self, permission: str) -> Reach:
        projects: set[UUID] = set()
        environments: set[UUID] = set()
        for scope, permissions in self._by_scope.items():
            if scope == ROOT or permission not in permissions:
                continue
            within = environments if _ENVIRONMENTS in scope else projects
            within.add(UUID(scope.rpartition("/")[2]))
        return Reach(
            everywhere=permission in self._everywhere,
            projects=frozenset(projects),
            environments=frozenset(environments),
        )


def covers(reach: Reach, scope: str) -> bool:
    """Tell whether `scope` lies within `reach`."""
    if reach.everywhere:
        return True
    if scope == ROOT:
        return False
    if UUID(parent_project(scope).rpartition("/")[2]) in reach.projects:
        return True
    return (
        _ENVIRONMENTS in scope and UUID(scope.rpartition("/")[2]) in reach.environments
    )
