"""A reach without the places where something is forbidden; exact for every row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from fairlead.kernel.reach import Reach
from fairlead.services.authz.domain.scopes import ids_in
from fairlead.services.authz.public import ROOT, environment_scope, project_scope

PlaceT = TypeVar("PlaceT")


@dataclass(frozen=True, slots=True)
class Named:
    """Where something is allowed: in each scope that was named, and elsewhere.

    Attributes:
        allowed: By scope. What is said of an environment goes before what is said of
            its project, and that before what is said of `/`, which stands for all
            that is not named.
    """

    allowed: Mapping[str, bool]

    def in_project(self, project: UUID) -> bool:
        """Tell whether it is allowed in a project, where no environment is named."""
        return self.allowed.get(project_scope(project), self.allowed[ROOT])

    def in_environment(self, project: UUID, environment: UUID) -> bool:
        """Tell whether it is allowed in an environment."""
        found = self.allowed.get(environment_scope(project, environment))
        return self.in_project(project) if found is None else found


def narrowed(whole: Reach, named: Named) -> Reach:
    """Return where both `whole` and `named` hold."""
    projects = set(whole.projects | whole.without_projects)
    places = set(whole.environments | whole.without_environments)
    for scope in named.allowed:
        project, environment = ids_in(scope)
        if project is not None:
            projects.add(project)
            if environment is not None:
                places.add((project, environment))
    projects |= {project for project, _ in places}
    everywhere = whole.everywhere and named.allowed[ROOT]
    by_project = {
        project: whole.holds(project) and named.in_project(project)
        for project in projects
    }
    by_environment = {
        place: whole.holds(*place) and named.in_environment(*place) for place in places
    }
    differing = {
        place: holds
        for place, holds in by_environment.items()
        if holds != by_project[place[0]]
    }
    return Reach(
        everywhere=everywhere,
        projects=_where(by_project, holds=True, unless=everywhere),
        without_projects=_where(by_project, holds=False, unless=not everywhere),
        environments=_where(differing, holds=True),
        without_environments=_where(differing, holds=False),
    )


def _where(
    places: Mapping[PlaceT, bool], *, holds: bool, unless: bool = False
) -> frozenset[PlaceT]:
    if unless:
        return frozenset()
    return frozenset(place for place, held in places.items() if held is holds)
