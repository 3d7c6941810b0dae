"""The roles every installation has."""

import re
from collections.abc import Iterable

from fairlead.services.authz.public import Role

ADMIN = "admin"
DEVELOPER = "developer"
VIEWER = "viewer"
GUEST = "guest"
ADMINISTRATION = frozenset({"identity", "authz", "auth", "audit", "gateway", "console"})

_FIRST = re.compile(r"\.prioritise$")
_SEEN_BY_GUESTS = frozenset({"projects.project.read"})
_SUMMARIES = {
    GUEST: "See which projects there are",
    VIEWER: "See projects and what runs; change nothing",
    DEVELOPER: "Build, run and deploy; no administration",
    ADMIN: "Do everything",
}


def built_in_roles(permissions: Iterable[str]) -> dict[str, Role]:
    """Return the roles every installation has, by name, cut from all `permissions`.

    The administrator may do everything. A developer does everything that is no
    administration but put work before that of others, a viewer reads that, and a
    guest sees no more than the projects. Each includes the next.
    """
    everything = frozenset(permissions)
    work = frozenset(
        name for name in everything if name.partition(".")[0] not in ADMINISTRATION
    )
    steps = {
        GUEST: everything & _SEEN_BY_GUESTS,
        VIEWER: frozenset(name for name in work if name.endswith(".read")),
        DEVELOPER: frozenset(name for name in work if not _FIRST.search(name)),
        ADMIN: everything,
    }
    roles: dict[str, Role] = {}
    below, included = frozenset[str](), frozenset[str]()
    for name, allowed in steps.items():
        roles[name] = Role(
            name=name,
            summary=_SUMMARIES[name],
            permissions=allowed | below,
            own=allowed - below,
            includes=included,
        )
        below, included = roles[name].permissions, frozenset({name})
    return roles
