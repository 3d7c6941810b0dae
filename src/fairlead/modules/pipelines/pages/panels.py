"""What runs add to the overview, to a project's page and to find."""

from collections.abc import Iterable
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
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal
from fairlead.modules.pipelines.permissions import RUN_START
from fairlead.modules.pipelines.public import Run, Runs, State
from fairlead.modules.projects.public import Projects
from fairlead.services.authz.public import project_scope

LATEST = 8
MOST_FOUND = 6
SPARK = 12
HEIGHT = 18.0
LOWEST = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """One run of a spark line: how long it took, as a height."""

    state: State
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestRuns(Contributor):
    """The newest runs, and the projects whose newest run failed."""

    runs: Runs
    pages: Pages

    @override
    async def contribute(self, who: Principal) -> Contribution:
        page = await self.runs.list(who, PageRequest(limit=100))
        if not page.items:
            return Contribution()
        failed = [run for run in newest_each(page.items) if run.state is State.FAILED]
        card = Card(
            template="pipelines/latest.html",
            order=30,
            data={"runs": page.items[:LATEST]},
        )
        wrong = tuple([await self._attention(run) for run in failed])
        return Contribution(attention=wrong, cards=(card,))

    async def _attention(self, run: Run) -> Attention:
        return Attention(
            state="failed",
            word="Run failed",
            subject=f"{run.project} #{run.number}",
            path=f"/runs/{run.id}",
            detail=run.reason or run.title,
            button=Button(label="See what failed", path=f"/runs/{run.id}"),
            yours=await self.pages.may(RUN_START, on=project_scope(run.project_id)),
        )


def newest_each(runs: Iterable[Run]) -> list[Run]:
    """Return the first run of each project, leaving out cancelled ones."""
    found: dict[str, Run] = {}
    for run in runs:
        if run.state is not State.CANCELLED:
            found.setdefault(run.project, run)
    return list(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsOfProject(Panel):
    """The newest runs on a project's page."""

    runs: Runs

    @override
    async def cards(self, who: Principal, subject: str) -> tuple[Card, ...]:
        page = await self.runs.list(who, PageRequest(limit=10), project=subject)
        data = {"runs": page.items, "more": page.next is not None, "project": subject}
        return (Card(template="pipelines/of_project.html", order=20, data=data),)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestState(Panel):
    """A project's last run and the shape of those before it, for lists."""

    runs: Runs

    @override
    async def cards(self, who: Principal, subject: str) -> tuple[Card, ...]:
        page = await self.runs.list(who, PageRequest(limit=SPARK), project=subject)
        if not page.items:
            return ()
        data = {"run": page.items[0], "spikes": spikes_of(page.items)}
        return (Card(template="pipelines/summary.html", order=10, data=data),)


def spikes_of(runs: Iterable[Run]) -> tuple[Spike, ...]:
    """Return the runs, given newest first, as spikes with the oldest at the left."""
    oldest_first = list(reversed(list(runs)))
    took = [
        (run.ended_at - run.started_at).total_seconds()
        if run.ended_at and run.started_at
        else 0.0
        for run in oldest_first
    ]
    longest = max(took, default=0.0) or 1.0
    heights = [LOWEST + (HEIGHT - LOWEST) * seconds / longest for seconds in took]
    return tuple(
        Spike(
            state=run.state,
            x=(SPARK - len(oldest_first) + place) * 7,
            y=round(HEIGHT - height, 1),
            height=round(height, 1),
        )
        for place, (run, height) in enumerate(zip(oldest_first, heights, strict=True))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunButton(Panel):
    """The button that starts a run, for those who may."""

    projects: Projects
    pages: Pages

    @override
    async def cards(self, who: Principal, subject: str) -> tuple[Card, ...]:
        project = await self.projects.get(who, subject)
        if not await self.pages.may(RUN_START, on=project_scope(project.id)):
            return ()
        data = {"project": project.name, "key": str(new_id())}
        return (Card(template="pipelines/run_button.html", order=10, data=data),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin(Panel):
    """Which run and commit something came from; the subject is the run's id."""

    runs: Runs

    @override
    async def cards(self, who: Principal, subject: str) -> tuple[Card, ...]:
        run = await self.runs.get(who, subject)
        return (Card(template="pipelines/origin.html", order=10, data={"run": run}),)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinder(Finder):
    """Finds runs among the newest 100 by `project #number`, title or commit."""

    runs: Runs

    @override
    async def find(self, who: Principal, text: str) -> tuple[Found, ...]:
        page = await self.runs.list(who, PageRequest(limit=100))
        fitting = [run for run in page.items if _fits(run, text.lower())]
        return tuple(
            Found(
                label=f"{run.project} #{run.number}",
                path=f"/runs/{run.id}",
                kind="run",
                detail=run.title or run.state,
            )
            for run in fitting[:MOST_FOUND]
        )


def _fits(run: Run, text: str) -> bool:
    name = f"{run.project} #{run.number}"
    return text in name or text in run.title.lower() or run.commit.startswith(text)
