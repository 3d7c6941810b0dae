"""All roles of a tenant: what each allows, by itself and by those it includes."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Self

from fairlead.services.authz.domain.built_in import ADMIN, built_in_roles
from fairlead.services.authz.domain.names import check_name, check_summary, shown
from fairlead.services.authz.public import (
    BadRole,
    Role,
    RoleBuiltIn,
    RoleDraft,
    RoleInUse,
    RoleNotFound,
)

MAX_ROLES = 500
MAX_PERMISSIONS = 1_000
MAX_INCLUDES = 50
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRole:
    """A role of a tenant's own, as it is kept.

    Attributes:
        permissions: By itself, also such that no loaded module declares any more.
        includes: Names of other roles.
    """

    name: str
    summary: str = ""
    permissions: frozenset[str] = frozenset()
    includes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RoleBook:
    """All roles by name, each with everything it allows.

    Attributes:
        declared: The permissions of all loaded modules.
    """

    roles: Mapping[str, Role]
    declared: frozenset[str] = frozenset()
    _own: Mapping[str, OwnRole] = field(default_factory=dict)

    @classmethod
    def of(cls, declared: Iterable[str], own: Iterable[OwnRole] = ()) -> Self:
        """Return the built-in roles and a tenant's `own` ones."""
        known = frozenset(declared)
        return cls(built_in_roles(known), known).with_own(own)

    def with_own(self, own: Iterable[OwnRole]) -> Self:
        """Return the built-in roles of this book with others beside them."""
        roles = {name: role for name, role in self.roles.items() if role.built_in}
        kept = {role.name: role for role in own if role.name not in roles}
        roles |= {name: self._shown(role) for name, role in kept.items()}
        for name in kept:
            parts = [roles[each].own for each in reached_from(name, roles)]
            whole = frozenset[str]().union(*parts)
            roles[name] = replace(roles[name], permissions=whole)
        return replace(self, roles=roles, _own=kept)

    def get(self, name: str) -> Role:
        """Return one role.

        Raises:
            RoleNotFound: there is none of this name.
        """
        role = self.roles.get(name)
        if role is None:
            raise RoleNotFound(
                f"There is no role '{shown(name)}'; {self._choices(name)}.",
                role=shown(name),
            )
        return role

    def permissions(self, name: str) -> frozenset[str]:
        """Return what a role allows; nothing when it does not exist (any longer)."""
        role = self.roles.get(name)
        return role.permissions if role else frozenset()

    def own(self) -> Iterable[OwnRole]:
        """Return the tenant's own roles, as they are kept."""
        return self._own.values()

    def including(self, name: str) -> frozenset[str]:
        """Return the roles that include `name`, at whatever depth, and itself."""
        return frozenset(
            each for each in self.roles if name in reached_from(each, self.roles)
        )

    def administrators(self) -> frozenset[str]:
        """Return the roles whose holders may do everything."""
        return self.including(ADMIN)

    def drafted(self, name: str, draft: RoleDraft) -> "RoleBook":
        """Return the book as it would be with a role made, or replaced, like this.

        Permissions that the role has and no module declares any more may stay.

        Raises:
            RoleBuiltIn: it is one of those.
            BadRole: the message says why.
        """
        self._refuse_built_in(name)
        check_name(name, BadRole, what="role")
        check_summary(draft.summary, BadRole)
        before = self._own.get(name)
        if before is None and len(self._own) >= MAX_ROLES:
            raise BadRole(f"There are {MAX_ROLES} own roles already: delete one first.")
        self._check_permissions(draft.permissions, before)
        self._check_includes(name, draft.includes)
        made = OwnRole(
            name=name,
            summary=draft.summary,
            permissions=frozenset(draft.permissions),
            includes=frozenset(draft.includes),
        )
        return self.with_own({**self._own, name: made}.values())

    def without(self, name: str) -> "RoleBook":
        """Return the book without an own role.

        Raises:
            RoleNotFound, RoleBuiltIn: as they say.
            RoleInUse: another role includes it.
        """
        self.get(name)
        self._refuse_built_in(name)
        users = sorted(each.name for each in self.own() if name in each.includes)
        if users:
            raise RoleInUse(
                f"The role '{users[0]}' includes '{name}': change that one first.",
                roles=users[:_SHOWN],
            )
        return self.with_own(role for role in self.own() if role.name != name)

    def kept(self, name: str) -> OwnRole:
        """Return an own role of this book as it is kept."""
        return self._own[name]

    def _shown(self, role: OwnRole) -> Role:
        return Role(
            name=role.name,
            summary=role.summary,
            permissions=frozenset(),
            built_in=False,
            own=role.permissions & self.declared,
            includes=role.includes,
            inert=role.permissions - self.declared,
        )

    def _refuse_built_in(self, name: str) -> None:
        found = self.roles.get(name)
        if found is not None and found.built_in:
            raise RoleBuiltIn(
                f"The role '{name}' is built in: make one of your own that includes "
                "it or has what you need of it.",
                role=name,
            )

    def _check_permissions(
        self, permissions: AbstractSet[str], before: OwnRole | None
    ) -> None:
        if len(permissions) > MAX_PERMISSIONS:
            raise BadRole(f"A role has at most {MAX_PERMISSIONS} permissions.")
        kept = before.permissions if before else frozenset[str]()
        for permission in sorted(permissions - self.declared - kept):
            raise BadRole(
                f"No module declares the permission '{shown(permission)}'"
                f"{meant(permission, self.declared)}",
                permission=shown(permission),
            )

    def _check_includes(self, name: str, includes: AbstractSet[str]) -> None:
        if len(includes) > MAX_INCLUDES:
            raise BadRole(f"A role includes at most {MAX_INCLUDES} others.")
        for included in sorted(includes):
            if included != name and included not in self.roles:
                raise BadRole(
                    f"There is no role '{shown(included)}' to include"
                    f"{meant(included, self.roles)}",
                    role=shown(included),
                )
            if name in reached_from(included, self.roles) or included == name:
                raise BadRole(
                    f"'{name}' cannot include '{included}', which includes '{name}'.",
                    role=included,
                )

    def _choices(self, name: str) -> str:
        if len(self.roles) <= _SHOWN:
            return f"choose one of {', '.join(sorted(self.roles))}"
        near = get_close_matches(name[:100], self.roles, n=3)
        return f"did you mean {' or '.join(near)}" if near else "look at the list"


def reached_from(name: str, roles: Mapping[str, Role]) -> frozenset[str]:
    """Return `name` and what it includes, at whatever depth; unknown names are none."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each in roles and each not in found:
            found.add(each)
            waiting.extend(roles[each].includes)
    return frozenset(found)


def meant(word: str, known: Iterable[str], otherwise: str = ".") -> str:
    """Return the end of a sentence on an unknown word: the nearest known one."""
    near = get_close_matches(word[:100], known, n=1)
    return f"; did you mean '{near[0]}'?" if near else otherwise
