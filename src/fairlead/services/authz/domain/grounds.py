"""What a decision rests on: the binding that gives a permission, and by which roles."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.services.authz.domain.roles import RoleBook
from fairlead.services.authz.domain.scopes import parent_project
from fairlead.services.authz.public import ROOT, Binding, HolderKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A binding that gives a permission.

    Attributes:
        path: From the bound role down to the one whose own the permission is.
    """

    binding: Binding
    path: tuple[str, ...]


def above(scope: str) -> tuple[str, ...]:
    """Return the scopes whose bindings hold in `scope`, the nearest first."""
    if scope == ROOT:
        return (ROOT,)
    project = parent_project(scope)
    return (scope, ROOT) if scope == project else (scope, project, ROOT)


def ground(
    bindings: Iterable[Binding], roles: RoleBook, permission: str, on: str
) -> Ground | None:
    """Return what gives `permission` in `on`; None: nothing does.

    Of several it is the binding at the nearest scope; there the first by the name of
    the role; of one role, one's own goes before those of groups, these by name.
    """
    near = {scope: distance for distance, scope in enumerate(above(on))}
    giving = [
        binding
        for binding in bindings
        if binding.scope in near and permission in roles.permissions(binding.role)
    ]
    if not giving:
        return None
    first = min(
        giving,
        key=lambda binding: (
            near[binding.scope],
            binding.role,
            binding.principal_kind is HolderKind.GROUP,
            binding.principal_name,
        ),
    )
    return Ground(binding=first, path=path(roles, first.role, permission))


def path(roles: RoleBook, name: str, permission: str) -> tuple[str, ...]:
    """Return the shortest way from a role to an included one that gives it by itself.

    Of several as short, the first by names; empty: the role does not give it.
    """
    ways: deque[tuple[str, ...]] = deque([(name,)])
    seen = {name}
    while ways:
        way = ways.popleft()
        role = roles.roles.get(way[-1])
        if role is None or permission not in role.permissions:
            continue
        below = sorted(role.includes)
        if permission in role.own or not any(
            permission in roles.permissions(each) for each in below
        ):
            return way
        ways.extend((*way, each) for each in below if each not in seen)
        seen.update(below)
    return ()
