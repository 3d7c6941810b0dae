"""Roles: what each allows."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fairlead.services.authz.public import Role, RoleNotFound

ADMIN = "admin"
DEVELOPER = "developer"
VIEWER = "viewer"
ADMINISTRATION = frozenset({"identity", "authz", "auth", "audit", "gateway", "console"})

_FIRST = re.compile(r"\.prioritise$")


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
