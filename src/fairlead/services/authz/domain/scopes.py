"""Scopes: where something holds."""

import re
from uuid import UUID

from fairlead.kernel.reach import Reach
from fairlead.services.authz.domain.names import shown
from fairlead.services.authz.public import ROOT, BadScope

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SCOPE = re.compile(f"/|/projects/{_UUID}(?:/environments/{_UUID})?")
_ENVIRONMENTS = "/environments/"


def checked_scope(scope: str) -> str:
    """Return `scope` in its one spelling (ids in lowercase).

    Raises:
        BadScope: it has another form.
    """
    spelled = scope.lower()
    if not _SCOPE.fullmatch(spelled):
        raise BadScope(
            "Write a scope as '/', '/projects/ID' or '/projects/ID/environments/ID'.",
            scope=shown(scope),
        )
    return spelled


def parent_project(scope: str) -> str:
    """Return the project scope that `scope` is or lies in."""
    return scope.partition(_ENVIRONMENTS)[0]


def ids_in(scope: str) -> tuple[UUID | None, UUID | None]:
    """Return the ids of the project and the environment that `scope` names."""
    if scope == ROOT:
        return None, None
    project = UUID(parent_project(scope).rpartition("/")[2])
    if _ENVIRONMENTS not in scope:
        return project, None
    return project, UUID(scope.rpartition("/")[2])


def covers(reach: Reach, scope: str) -> bool:
    """Tell whether `scope` lies within `reach`."""
    return reach.holds(*ids_in(scope))
