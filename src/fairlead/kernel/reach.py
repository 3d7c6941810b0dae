"""Where a caller has a permission: what lists are cut to."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where a caller has a permission, for lists.

    What is said of an environment goes before what is said of its project, and that
    before `everywhere`.

    Attributes:
        everywhere: In the whole tenant, but where the sets say otherwise.
        projects: Ids of the projects it holds in as a whole.
        environments: Ids of single environments it holds in.
        without_projects: Ids of the projects it does not hold in.
        without_environments: Ids of single environments it does not hold in.
    """

    everywhere: bool
    projects: frozenset[UUID] = frozenset()
    environments: frozenset[UUID] = frozenset()
    without_projects: frozenset[UUID] = frozenset()
    without_environments: frozenset[UUID] = frozenset()

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
        if environment in self.environments:
            return True
        if environment in self.without_environments:
            return False
        if project in self.projects:
            return True
        return self.everywhere and project not in self.without_projects
