"""What stands in where no module keeps projects or environments."""

from typing_extensions import override

from fairlead.kernel.paging import Page, PageRequest
from fairlead.services.authz.public import EnvironmentPlaces, ProjectPlaces


class NoProjects(ProjectPlaces):
    """There are none."""

    @override
    async def scopes(self, page: PageRequest) -> Page[str]:
        return Page(items=())


class NoEnvironments(EnvironmentPlaces):
    """There are none."""

    @override
    async def scopes(self, page: PageRequest) -> Page[str]:
        return Page(items=())
