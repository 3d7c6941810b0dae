"""What a change of roles changes for who has them."""

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.services.authz.domain.grounds import above
from fairlead.services.authz.domain.roles import RoleBook
from fairlead.services.authz.public import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody would gain and lose in one scope."""

    scope: str
    gains: frozenset[str]
    loses: frozenset[str]


def changed(before: RoleBook, after: RoleBook) -> frozenset[str]:
    """Return the names of the roles that would allow something else."""
    names = {*before.roles, *after.roles}
    return frozenset(
        name for name in names if before.permissions(name) != after.permissions(name)
    )


def changes(
    bindings: Iterable[Binding], before: RoleBook, after: RoleBook
) -> tuple[Change, ...]:
    """Return what changes for the holder of `bindings`, by scope.

    Looked at is every scope they have a binding in, with all that holds there.
    """
    held = tuple(bindings)
    found = []
    for scope in sorted({binding.scope for binding in held}):
        had, has = _all(held, before, scope), _all(held, after, scope)
        if had != has:
            found.append(Change(scope=scope, gains=has - had, loses=had - has))
    return tuple(found)


def _all(bindings: Iterable[Binding], roles: RoleBook, scope: str) -> frozenset[str]:
    near = above(scope)
    return frozenset().union(
        *(roles.permissions(each.role) for each in bindings if each.scope in near)
    )
