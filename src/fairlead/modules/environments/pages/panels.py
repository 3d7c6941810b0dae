"""What workloads add to the overview, to a project's page and to find."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.adapters.pages.pages import Pages
from fairlead.adapters.pages.part import (
    Attention,
    Button,
    Card,
    Contribution,
    Contributor,
    Finder,
    Found,
    Panel,
)
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal
from fairlead.modules.environments.pages.matrix import matrix_of
from fairlead.modules.environments.permissions import WORKLOAD_RESTART
from fairlead.modules.environments.public import (
    Environments,
    Workload,
    Workloads,
    WorkloadState,
)
from fairlead.services.authz.public import environment_scope

MOST_FOUND = 8
WRONG = {WorkloadState.FAILED, WorkloadState.DOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatRunsWhere(Contributor):
    """The matrix on the overview, and the workloads that need somebody."""

    workloads: Workloads
    pages: Pages

    @override
    async def contribute(self, who: Principal) -> Contribution:
        matrix = await matrix_of(self.workloads, self.pages)
        every = [item for row in matrix.rows for cell in row.cells for item in cell]
        wrong = [await self._attention(item) for item in every if item.state in WRONG]
        if not every:
            return Contribution()
        card = Card(
            template="environments/overview.html", order=20, data={"matrix": matrix}
        )
        return Contribution(attention=tuple(wrong), cards=(card,))

    async def _attention(self, item: Workload) -> Attention:
        scope = environment_scope(item.project_id, item.environment_id)
        button = (
            Button(label="Restart", path=f"/workloads/{item.id}/restart", post=True)
            if item.release
            else Button(label="See its run", path=f"/runs/{item.run_id}")
        )
        return Attention(
            state=item.state,
            word=_word(item),
            subject=item.title,
            path=f"/workloads/{item.id}",
            detail=item.reason,
            button=button,
            fault="" if item.release else f"/runs/{item.run_id}",
            yours=await self.pages.may(WORKLOAD_RESTART, on=scope),
        )


def _word(item: Workload) -> str:
    if not item.release:
        return "Never answered"
    return "Crashed" if item.state is WorkloadState.FAILED else "Down"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadsOfProject(Panel):
    """What runs of a project, on its page."""

    workloads: Workloads

    @override
    async def cards(self, who: Principal, subject: str) -> tuple[Card, ...]:
        page = await self.workloads.list(who, PageRequest(limit=50), project=subject)
        data = {"workloads": page.items}
        return (Card(template="environments/of_project.html", order=10, data=data),)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentScopes(Panel):
    """Where roles can be given: the first 200 environments."""

    environments: Environments

    @override
    async def cards(self, who: Principal, subject: str) -> tuple[Card, ...]:
        page = await self.environments.list(who, PageRequest(limit=200))
        return tuple(
            Card(
                template="environments/scope.html",
                order=10,
                data={
                    "scope": environment_scope(each.project_id, each.id),
                    "label": f"{each.project}/{each.name}",
                    "path": f"/projects/{each.project}",
                },
            )
            for each in page.items
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadFinder(Finder):
    """Finds workloads by a piece of `project/environment/name`."""

    workloads: Workloads

    @override
    async def find(self, who: Principal, text: str) -> tuple[Found, ...]:
        page = await self.workloads.list(who, PageRequest(limit=200))
        return tuple(
            Found(
                label=item.title,
                path=f"/workloads/{item.id}",
                kind="workload",
                detail=item.state,
            )
            for item in page.items
            if text.lower() in item.title.lower()
        )[:MOST_FOUND]
