"""A decision about rows, as a condition of a query."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

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
        kept = environment.not_in(sorted(reach.without_environments))
        rest = and_(rest, or_(environment.is_(None), kept))
    if reach.environments:
        rest = or_(rest, environment.in_(sorted(reach.environments)))
    return rest


def _of_project(reach: Reach, project: ColumnElement[Any]) -> Condition:
    if not reach.everywhere:
        within = project.in_(sorted(reach.projects))
        return within if reach.projects else false()
    if not reach.without_projects:
        return true()
    without = sorted(reach.without_projects - reach.projects)
    return or_(project.is_(None), project.not_in(without)) if without else true()
