"""A decision about rows, as a condition of a query."""

from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, not_, or_, true

from fairlead.kernel.reach import Reach

Condition = ColumnElement[bool]


def reached(
    reach: Reach,
    *,
    project: ColumnElement[Any],
    environment: ColumnElement[Any] | None = None,
) -> Condition:
    """Return the condition under which `reach.holds` of the row's ids.

    `project` and `environment` are columns (of UUID) and may be null; leave
    `environment` out where rows belong to a project as a whole.
    """
    if reach.whole:
        return true()
    if reach.nowhere:
        return false()
    rest = _of_project(reach, project)
    if environment is None:
        return rest
    if reach.without_environments:
        inside = _inside(reach.without_environments, project, environment)
        nowhere = or_(project.is_(None), environment.is_(None))
        rest = and_(rest, or_(nowhere, not_(inside)))
    if reach.environments:
        rest = or_(rest, _inside(reach.environments, project, environment))
    return rest


def _inside(
    places: frozenset[tuple[UUID, UUID]],
    project: ColumnElement[Any],
    environment: ColumnElement[Any],
) -> Condition:
    """Return the condition under which a row lies in one of `places`."""
    return or_(
        *(
            and_(project == home, environment.in_([place for _, place in within]))
            for home, within in groupby(sorted(places), key=itemgetter(0))
        )
    )


def _of_project(reach: Reach, project: ColumnElement[Any]) -> Condition:
    if not reach.everywhere:
        within = project.in_(sorted(reach.projects))
        return within if reach.projects else false()
    if not reach.without_projects:
        return true()
    without = sorted(reach.without_projects - reach.projects)
    return or_(project.is_(None), project.not_in(without)) if without else true()
