"""Cloning the repository at a commit, and reading its pipeline file."""

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from fairlead.kernel.engine import Attempt, Json, activity
from fairlead.kernel.processes import ProcessSpec
from fairlead.modules.pipelines.activities.desk import Desk, Errand
from fairlead.modules.pipelines.activities.running import Runner, TookTooLong
from fairlead.modules.pipelines.activities.workplace import Workplace, Workplaces
from fairlead.modules.pipelines.definition.files import find_file, load_pipeline
from fairlead.modules.pipelines.domain.errors import CheckoutFailed
from fairlead.modules.pipelines.domain.plan import BUILD, Plan
from fairlead.modules.pipelines.domain.records import Record
from fairlead.modules.pipelines.use_cases.start import ExecutorRule
from fairlead.modules.projects.public import BadProject, Sources
from fairlead.services.operations.public import Feeds

STREAM = "checkout"
USER = re.compile(r"://[^/@]*@")
COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
MAX_TITLE = 200
UNREACHABLE, EMPTY, UNKNOWN, BROKEN = 10, 11, 12, 13

# $1 repository, $2 revision or nothing, $3 where to, $4 where to say what it was.
# Nothing of the caller's becomes part of the script; all are arguments.
SCRIPT = f"""
git clone --no-checkout --no-hardlinks -- "$1" "$3" || exit {UNREACHABLE}
cd "$3" || exit {UNREACHABLE}
git rev-list -n 1 --all | grep -q . || exit {EMPTY}
commit=
for name in "${{2:+refs/remotes/origin/$2}}" "${{2:+refs/tags/$2}}" "${{2:-HEAD}}"; do
  test -n "$name" || continue
  commit=$(git rev-parse --verify --quiet --end-of-options "$name^{{commit}}") && break
done
test -n "$commit" || exit {UNKNOWN}
git -c advice.detachedHead=false checkout --detach "$commit" -- || exit {BROKEN}
git show --no-patch --format='%H%n%s' "$commit" -- > "$4" || exit {BROKEN}
"""

SHELL = ("/bin/sh", "-c", SCRIPT, STREAM)

# Read through the run's own global file: git drops settings passed by environment
# when it looks into another repository, and a local source is one.
GIT_CONFIG = """
[protocol "ext"]
\tallow = never
[core]
\thooksPath = /dev/null
\tfsmonitor = false
[credential]
\thelper =
[init]
\tdefaultBranch = main
"""
LOCAL = """
[safe]
\tdirectory = *
"""  # whoever owns it: it lies where the settings let projects be built from


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutActivities:
    """Gets a run its source and its plan."""

    desk: Desk
    places: Workplaces
    runner: Runner
    rule: ExecutorRule
    sources: Sources
    timeout_seconds: float
    step_timeout_seconds: float

    @activity("pipelines.checkout")
    async def checkout(self, attempt: Attempt) -> Json:
        """Clone afresh; a commit that was recorded before is checked out again.

        Raises:
            ExecutorRefused: the settings do not allow it.
            CheckoutFailed: the repository cannot be cloned, is empty, or has no such
                revision.
        """
        errand = Errand.of(attempt)
        await self.desk.check(self.rule, errand)
        async with self.desk.open(errand) as progress:
            record = await progress.begin_run(errand.run_id)
            spec = await self._spec(record, attempt, progress.feeds)
        ended = await self.runner.carry_out(spec, timeout_seconds=self.timeout_seconds)
        await self.runner.forget(spec.key)
        if isinstance(ended, TookTooLong):
            raise CheckoutFailed(
                f"Cloning {plain(record.repository)} took longer than "
                f"{ended.seconds:g} s.",
                repository=plain(record.repository),
            )
        if ended.cut_short:
            raise CheckoutFailed(f"The checkout was ended: {ended.cut_short}")
        if ended.exit_code:
            raise _refusal(record, ended.exit_code, ended.error)
        commit, title = await asyncio.to_thread(_facts, self.places.of(record.id))
        async with self.desk.open(errand) as progress:
            await progress.note_commit(record.id, commit, title)
        return {"commit": commit}

    @activity("pipelines.plan")
    async def plan(self, attempt: Attempt) -> Json:
        """Read the pipeline file, keep its plan, return what the workflow needs of it.

        Raises:
            PipelineMissing, PipelineInvalid: as they say.
        """
        errand = Errand.of(attempt)
        plan = await asyncio.to_thread(_read, self.places.of(errand.run_id).source)
        async with self.desk.open(errand) as progress:
            kept = await progress.lay(errand.run_id, plan)
        return {"stages": compact(kept, self.step_timeout_seconds)}

    async def _spec(
        self, record: Record, attempt: Attempt, feeds: Feeds
    ) -> ProcessSpec:
        place = self.places.of(record.id)
        local = await self._local(record.repository)
        config = GIT_CONFIG if local is None else GIT_CONFIG + LOCAL
        environment = await asyncio.to_thread(self._prepare, place, config)
        wanted = record.commit or record.wanted
        target, facts = place.source.name, str(_facts_file(place))
        return ProcessSpec(
            key=f"{record.id}/{STREAM}/{attempt.number}",
            argv=(*SHELL, local or record.repository, wanted, target, facts),
            directory=place.path,
            environment=environment,
            journal=feeds.path(record.id),
            stream=STREAM,
            secrets=self.places.secrets_of(record.repository),
        )

    async def _local(self, repository: str) -> str | None:
        """Return what to clone instead: the real path, as it was checked."""
        try:
            path = await self.sources.local(repository)
        except BadProject as error:
            raise CheckoutFailed(error.message, repository=plain(repository)) from error
        if path is None or repository.startswith("/"):
            return path
        return f"file://{quote(path)}"

    def _prepare(self, place: Workplace, settings: str) -> Mapping[str, str]:
        try:
            place.wipe()
            place.prepare()
            _facts_file(place).unlink(missing_ok=True)
            config = place.path / "gitconfig"
            config.write_text(settings)
        except OSError as error:
            raise _no_place(place.path, error) from error
        return {
            **self.places.environment(place),
            "GIT_CONFIG_GLOBAL": str(config),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "/bin/false",
            "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
        }


def compact(plan: Plan, timeout_seconds: float) -> list[Json]:
    """Return the stages as the workflow walks them; it never sees a command."""
    steps = {
        (stage, step.name): {
            "name": step.name,
            "timeout": step.timeout_seconds or timeout_seconds,
            "retries": step.retries,
            "wait": step.retry_seconds,
        }
        for stage in ("build", "test")
        for step in plan.steps(stage)
    }
    for workload in plan.workloads:
        steps["deploy", workload.name] = {
            "name": workload.name,
            "timeout": 86_400.0,
            "retries": 0,
            "wait": 1.0,
        }
    return [
        {
            "name": stage.name,
            "jobs": [
                {
                    "parallel": job.parallel,
                    "steps": [steps[stage.name, name] for name in job.steps],
                }
                for job in stage.jobs
            ],
            "outputs": [output.name for output in plan.outputs]
            if stage.name == BUILD
            else [],
        }
        for stage in plan.stages
    ]


def plain(repository: str) -> str:
    """Return a repository's address without the name and password in it."""
    return USER.sub("://", repository)


def _read(source: Path) -> Plan:
    path = find_file(source)
    return load_pipeline(path, name=path.name)


def _facts_file(place: Workplace) -> Path:
    return place.path / "commit"


def _facts(place: Workplace) -> tuple[str, str]:
    text = _facts_file(place).read_bytes().decode(errors="replace")
    commit, _, title = text.partition("\n")
    if not COMMIT.fullmatch(commit):
        raise ValueError(f"git named no commit but {commit[:80]!r}")
    return commit, title.strip()[:MAX_TITLE]


def _no_place(path: Path, error: OSError) -> CheckoutFailed:
    why = os.strerror(error.errno) if error.errno else str(error)
    return CheckoutFailed(f"There is no place to work in {path}: {why}.")


def _refusal(record: Record, exit_code: int, error: str) -> CheckoutFailed:
    repository, wanted = plain(record.repository), record.commit or record.wanted
    sentences = {
        UNREACHABLE: f"{repository} cannot be cloned: look at the output of checkout.",
        EMPTY: f"{repository} is empty: it has no commit yet.",
        UNKNOWN: f"{repository} has no branch, tag or commit '{wanted}'."
        if wanted
        else f"{repository} has no default branch: name a revision.",
    }
    other = error or f"checkout ended with exit code {exit_code}"
    message = sentences.get(exit_code, f"{repository} cannot be checked out: {other}.")
    return CheckoutFailed(message, repository=repository, revision=wanted)
