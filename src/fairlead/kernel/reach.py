"""Where a caller has a permission: what lists are cut to."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where a caller has a permission, for lists.

    An environment stands with the project it is said to lie in: whoever may say
    something of their own project gains nothing by naming an environment of another.

    What is said of an environment goes before what is said of its project, and that
    before `everywhere`.

    Attributes:
        everywhere: In the whole tenant, but where the sets say otherwise.
        projects: Ids of the projects it holds in as a whole.
        environments: Single environments it holds in: ids of project and environment.
        without_projects: Ids of the projects it does not hold in.
        without_environments: Single environments it does not hold in.
    """

    everywhere: bool
    projects: frozenset[UUID] = frozenset()
    environments: frozenset[tuple[UUID, UUID]] = frozenset()
    without_projects: frozenset[UUID] = frozenset()
    without_environments: frozenset[tuple[UUID, UUID]] = frozenset()

    @property
    def whole(self) -> bool:
        """Tell whether it holds everywhere, without an exception."""
        return self.everywhere and not (
            self.without_projects or self.without_environments
        )

    @property
    def nowhere(self) -> bool:
        """Tell whether it holds nowhere at all."""
        return not (self.everywhere or self.projects or self.environments)

    def holds(
        self, project: UUID | None = None, environment: UUID | None = None
    ) -> bool:
        """Tell whether it holds in this environment of this project.

        Without an environment: in the project itself; without both: in the tenant.
        """
        if (project, environment) in self.environments:
            return True
        if (project, environment) in self.without_environments:
            return False
        if project in self.projects:
            return True
        return self.everywhere and project not in self.without_projects
