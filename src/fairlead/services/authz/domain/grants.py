"""What a caller holds, and where."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from uuid import UUID

from fairlead.kernel.reach import Reach
from fairlead.services.authz.domain.roles import RoleBook
from fairlead.services.authz.domain.scopes import ids_in, parent_project
from fairlead.services.authz.public import ROOT, Binding, project_scope


class Grants:
    """What one caller holds: permissions by scope, each with everything below it.

    `groups` has the names of the groups by which they hold some of it, or could.
    """

    __slots__ = ("_by_scope", "_everywhere", "_reaches", "groups")

    def __init__(
        self,
        by_scope: Mapping[str, frozenset[str]],
        groups: frozenset[str] = frozenset(),
    ) -> None:
        """Hold `by_scope`, as a member of `groups`."""
        self.groups = groups
        self._everywhere = by_scope.get(ROOT, frozenset())
        self._by_scope = by_scope
        self._reaches: dict[str, Reach] = {}

    @classmethod
    def of(
        cls,
        bindings: Iterable[Binding],
        roles: RoleBook,
        groups: frozenset[str] = frozenset(),
    ) -> "Grants":
        """Return what `bindings` of one user and of their groups add up to."""
        by_scope: dict[str, frozenset[str]] = {}
        for binding in bindings:
            held = by_scope.get(binding.scope)
            granted = roles.permissions(binding.role)
            by_scope[binding.scope] = granted if held is None else held | granted
        return cls(by_scope, groups)

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
        left = {scope: held for scope, held in by_scope.items() if held}
        return Grants(left, self.groups)

    def lacking(self, permissions: AbstractSet[str], on: str) -> list[str]:
        """Return those of `permissions` that are not held in `on`, sorted."""
        return sorted(each for each in permissions if not self.hold(each, on))

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
        environments: set[tuple[UUID, UUID]] = set()
        for scope, permissions in self._by_scope.items():
            if permission not in permissions:
                continue
            project, environment = ids_in(scope)
            if project is not None and environment is not None:
                environments.add((project, environment))
            elif project is not None:
                projects.add(project)
        return Reach(
            everywhere=permission in self._everywhere,
            projects=frozenset(projects),
            environments=frozenset(environments),
        )
