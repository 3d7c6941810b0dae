"""Whole runs, on a real engine, launcher, database and real repositories."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.modules.pipelines.rig import ADA, Rig, commit, git, states

from fairlead.kernel.blobs import Blobs
from fairlead.kernel.idempotency import KeyReused, RequestKey
from fairlead.kernel.journal import FrameKind
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.processes import Launcher
from fairlead.modules.pipelines.public import State

Make = Callable[..., Path]

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHOLE = """
version: 1
build:
  steps:
    - name: compile
      run: mkdir out && echo made > out/hello.txt && chmod +x out/hello.txt
    - {name: check, run: "test -s out/hello.txt"}
  outputs:
    - {name: text, type: file, path: "out/*.txt"}
    - {name: all, type: directory, path: out}
test:
  steps:
    - {name: one, run: "echo one", group: checks}
    - {name: two, run: "echo two", group: checks}
deploy:
  environment: dev
  workloads:
    - {name: web, artifact: all, command: [serve], port: 8000}
"""


ENVIRONMENT = r"""
version: 1
build:
  steps:
    - {name: env, run: "env | cut -d= -f1 | sort | tr '\\n' ' '", env: {MINE: 1}}
    - {name: home, run: 'test -w "$HOME" && test -w "$TMPDIR" && python -V'}
    - name: facts
      run: >-
        echo $FAIRLEAD_PROJECT $FAIRLEAD_STAGE $FAIRLEAD_STEP $FAIRLEAD_ATTEMPT
        $FAIRLEAD_COMMIT
"""


async def test_run_goes_from_checkout_to_url(rig: Rig, make: Make) -> None:
    """A whole pipeline succeeds, with every part recorded."""
    folder = make(WHOLE)

    run = await rig.run("hello")

    assert (run.state, run.reason) == (State.SUCCEEDED, "")
    assert run.commit == git(folder, "rev-parse", "HEAD")
    assert run.title == "Begin"
    assert set(states(run).values()) == {State.SUCCEEDED}
    assert [(stage.name, [job.name for job in stage.jobs]) for stage in run.stages] == [
        ("build", ["build"]),
        ("test", ["checks"]),
        ("deploy", ["deploy"]),
    ]
    steps = [step for stage in run.stages for job in stage.jobs for step in job.steps]
    assert all((step.exit_code, step.attempts) == (0, 1) for step in steps)
    assert all(step.isolation == "none" for step in steps)
    assert run.urls == ("http://127.0.0.1:1",)
    assert not rig.work(run).exists()


async def test_artifacts_are_kept_with_their_facts(rig: Rig, make: Make) -> None:
    """A file and a directory are stored under their ids, beside metadata."""
    make(WHOLE)

    run = await rig.run("hello")

    by_name = {artifact.name: artifact for artifact in run.artifacts}
    text = by_name["text"]
    blobs = await rig.container.get(Blobs)
    data = b"".join([part async for part in blobs.read(f"artifacts/{text.id}/payload")])
    about = b"".join(
        [part async for part in blobs.read(f"artifacts/{text.id}/metadata.json")]
    )
    assert data == b"made\n"
    assert text.digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert (text.filename, text.type, text.size) == ("hello.txt", "file", 5)
    assert json.loads(about)["executable"] is True
    assert json.loads(about)["mode"] == "0755"
    assert (by_name["all"].filename, by_name["all"].type) == ("out.tar", "directory")
    order = rig.orders[0].workloads[0]
    assert order.blob == f"artifacts/{by_name['all'].id}/payload"
    assert (order.artifact_type, order.command) == ("directory", ("serve",))


async def test_feed_tells_everything_in_order(rig: Rig, make: Make) -> None:
    """Events come in the order things happen, and the output names its step."""
    make(WHOLE)

    run = await rig.run("hello")

    events = [event["event"] for event in await rig.events(run)]
    assert events[:3] == ["run.started", "run.checked_out", "run.planned"]
    assert events[3:7] == [
        "stage.started",
        "step.started",
        "step.ended",
        "step.started",
    ]
    assert events.index("artifact.stored") < events.index("stage.ended")
    assert events[-2:] == ["run.ended", "operation.ended"]
    assert await rig.output(run, "test/one") == b"$ echo one\none\n"


async def test_failing_step_skips_what_follows(rig: Rig, make: Make) -> None:
    """Its job's later steps and the later stages do not run; siblings finish."""
    make(
        """
version: 1
build:
  steps:
    - {name: bad, run: "echo no; exit 3", group: side}
    - {name: good, run: "sleep 0.3; echo fine", group: side}
    - {name: after, run: "echo never"}
test:
  steps: [{name: unit, run: "echo never"}]
"""
    )

    run = await rig.run("hello")

    assert run.state is State.FAILED
    assert run.reason == "Step build/bad ended with exit code 3."
    assert states(run) == {
        "build/bad": State.FAILED,
        "build/good": State.SUCCEEDED,
        "build/after": State.SKIPPED,
        "test/unit": State.SKIPPED,
    }
    assert [stage.state for stage in run.stages] == [State.FAILED, State.SKIPPED]
    assert b"never" not in await rig.output(run)


async def test_environment_is_what_the_contract_says(
    rig: Rig, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps see the named variables and nothing of the server's."""
    monkeypatch.setenv("SERVER_SECRET", "x")
    make(ENVIRONMENT)

    run = await rig.run("hello")

    assert run.state is State.SUCCEEDED, run.reason
    names = (await rig.output(run, "build/env")).decode().splitlines()[-1].split()
    ours = {name for name in names if name.startswith("FAIRLEAD_")}
    assert {
        "FAIRLEAD_RUN_ID",
        "FAIRLEAD_PROJECT",
        "FAIRLEAD_STAGE",
        "FAIRLEAD_STEP",
        "FAIRLEAD_ATTEMPT",
        "FAIRLEAD_COMMIT",
    } <= ours
    shell = {"PWD", "OLDPWD", "SHLVL", "_"}
    rest = set(names) - ours - shell
    assert rest == {"PATH", "HOME", "LANG", "TMPDIR", "MINE"}
    said = (await rig.output(run, "build/facts")).decode().splitlines()[-1]
    assert said == f"hello build facts 1 {run.commit}"


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("{name: a, run: pwd, directory: sub}", ""),
        ("{name: a, run: pwd, directory: none}", "'none' is not there"),
        ("{name: a, run: pwd, directory: file}", "'file' is no folder"),
        ("{name: a, run: pwd, directory: out}", "'out' leads out of it"),
        ("{name: a, run: no-such-program}", "ended with exit code 127"),
        ("{name: a, run: 'kill -9 $$'}", "ended with exit code 137"),
    ],
)
async def test_step_runs_inside_the_repository_or_says_why_not(
    rig: Rig, make: Make, step: str, reason: str
) -> None:
    """Also through links; a program that is not there is the shell's 127."""
    folder = make(f"version: 1\ntest: {{steps: [{step}]}}", {"sub/x": "", "file": ""})
    (folder / "out").symlink_to("/usr")
    commit(folder, {}, "Link out")

    run = await rig.run("hello")

    assert (run.state is State.SUCCEEDED) is (not reason)
    assert reason in run.reason
    assert run.stages[0].jobs[0].steps[0].attempts == 1


@pytest.mark.parametrize(
    ("make_it", "reason"),
    [
        ("true", "Output 'it' (dist/*) matches nothing."),
        ("mkdir dist; ln -s /etc/passwd dist/x", "leads out of the repository"),
    ],
)
async def test_output_that_breaks_a_rule_fails_the_build(
    rig: Rig, make: Make, make_it: str, reason: str
) -> None:
    """The stage is failed though its steps succeeded; the later ones are skipped."""
    make(
        f"version: 1\nbuild: {{steps: [{{name: a, run: '{make_it}'}}], "
        "outputs: [{name: it, type: file, path: dist/*}]}\n"
        "test: {steps: [{name: b, run: 'true'}]}"
    )

    run = await rig.run("hello")

    assert run.state is State.FAILED
    assert reason in run.reason
    assert [stage.state for stage in run.stages] == [State.FAILED, State.SKIPPED]
    assert run.artifacts == ()


async def test_step_is_tried_again_as_the_file_says(rig: Rig, make: Make) -> None:
    """A flaky step succeeds at its second attempt, which knows its number."""
    make(
        "version: 1\ntest:\n  steps:\n    - {name: flaky, "
        "run: 'test $FAIRLEAD_ATTEMPT = 2', retry: {attempts: 2, wait: 0.1}}\n"
    )

    run = await rig.run("hello")

    step = run.stages[0].jobs[0].steps[0]
    assert (run.state, step.attempts, step.exit_code) == (State.SUCCEEDED, 2, 0)


async def test_step_that_takes_too_long_is_ended_with_its_children(
    rig: Rig, make: Make
) -> None:
    """The reason says so, and no process of it is left, also detached ones."""
    make(
        "version: 1\ntest:\n  steps:\n    - {name: slow, timeout: 1, "
        "run: 'setsid sleep 600 & sleep 600'}\n"
    )

    run = await rig.run("hello")

    assert run.state is State.FAILED
    assert run.reason == "Step test/slow took longer than 1 s."
    launcher = await rig.container.get(Launcher)
    assert await launcher.running() == ()


async def test_step_leaves_no_child_behind(rig: Rig, make: Make) -> None:
    """A step that ends while its children run is not over before they are gone."""
    make(
        "version: 1\ntest:\n  steps:\n    - {name: forks, "
        "run: '(setsid sleep 600 >/dev/null 2>&1 &) ; echo $$ done'}\n"
    )

    run = await rig.run("hello")

    assert run.state is State.SUCCEEDED
    launcher = await rig.container.get(Launcher)
    assert await launcher.running() == ()


async def test_much_and_binary_output_is_whole(rig: Rig, make: Make) -> None:
    """17 MB of lines and every byte value arrive as they were written."""
    make(
        "version: 1\nbuild:\n  steps:\n"
        "    - {name: big, run: 'yes 0123456789abcdef | head -n 1000000'}\n"
        "    - {name: bytes, run: 'printf \"\\000\\001\\377\\n\"'}\n"
    )

    run = await rig.run("hello")

    assert run.state is State.SUCCEEDED, run.reason
    big = (await rig.output(run, "build/big")).partition(b"\n")[2]
    assert len(big) == 17_000_000
    assert (await rig.output(run, "build/bytes")).endswith(b"\n\x00\x01\xff\n")


async def test_cancelled_run_ends_its_step_and_skips_the_rest(
    rig: Rig, make: Make
) -> None:
    """The running step is cancelled with its tree; what waited is skipped."""
    make(
        "version: 1\nbuild:\n  steps:\n"
        "    - {name: long, run: 'echo here; sleep 600 & wait'}\n"
        "    - {name: later, run: 'true'}\n"
    )
    started = await rig.start("hello")
    await rig.follow(started, b"here")

    async with rig.runs() as runs:
        await runs.cancel(ADA, "hello/1")
    run = await rig.ended(started)

    assert (run.state, run.reason) == (State.CANCELLED, "")
    assert states(run) == {
        "build/long": State.CANCELLED,
        "build/later": State.SKIPPED,
    }
    launcher = await rig.container.get(Launcher)
    assert await launcher.running() == ()
    assert not rig.work(run).exists()


async def test_cancel_ends_the_deployment_too(rig: Rig, make: Make) -> None:
    """A run that waits for its deployment takes it along."""
    make(WHOLE.replace("[serve]", "[hang]"))
    started = await rig.start("hello")
    async with asyncio.timeout(60):
        while not rig.orders:  # noqa: ASYNC110 - the stand-in has no event
            await asyncio.sleep(0.01)

    async with rig.runs() as runs:
        await runs.cancel(ADA, str(started.id))
    run = await rig.ended(started)

    assert run.state is State.CANCELLED
    assert states(run)["deploy/web"] is State.CANCELLED


async def test_failed_deployment_fails_the_run(rig: Rig, make: Make) -> None:
    """The reason names the workload and why."""
    make(WHOLE.replace("[serve]", "[fail]"))

    run = await rig.run("hello")

    assert run.state is State.FAILED
    assert run.reason == "Step deploy/web failed: It never answered."
    assert states(run)["deploy/web"] is State.FAILED
    assert run.urls == ()


async def test_two_runs_at_once_have_their_own_numbers(rig: Rig, make: Make) -> None:
    """Runs of one project do not share a working copy or a number."""
    make(WHOLE)

    started = await asyncio.gather(*(rig.start("hello") for _ in range(3)))
    ended = await asyncio.gather(*(rig.ended(run) for run in started))

    assert [run.state for run in ended] == [State.SUCCEEDED] * 3
    assert sorted(run.number for run in ended) == [1, 2, 3]
    async with rig.runs() as runs:
        page = await runs.list(ADA, PageRequest(limit=2), project="hello")
    assert [run.number for run in page.items] == [3, 2]
    assert page.next is not None


async def test_same_request_key_starts_one_run(rig: Rig, make: Make) -> None:
    """The second request gets the first one's run; another body is refused."""
    make(WHOLE)
    key = RequestKey(key="k", digest="a")

    first = await rig.start("hello", request=key)
    second = await rig.start("hello", request=key)
    with pytest.raises(KeyReused):
        await rig.start("hello", request=RequestKey(key="k", digest="b"))

    assert first.id == second.id
    await rig.ended(first)


async def test_follower_gets_everything_to_the_end(rig: Rig, make: Make) -> None:
    """A live reader ends by itself, after the END frame."""
    make(WHOLE)
    run = await rig.start("hello")

    async with rig.runs() as runs:
        frames = [frame async for frame in await runs.logs(ADA, str(run.id))]

    assert frames[-1].kind is FrameKind.END


async def test_step_that_kills_the_launcher_is_given_up(rig: Rig, make: Make) -> None:
    """After three attempts; the server was there all the time."""
    make(
        "version: 1\nbuild:\n  steps:\n"
        "    - {name: rude, run: 'kill -9 $PPID; sleep 60', retry: 5}\n"
    )

    run = await rig.run("hello")

    (step,) = run.stages[0].jobs[0].steps
    assert (run.state, step.state, step.attempts) == (State.FAILED, State.FAILED, 3)
    assert run.reason == (
        "Step build/rude was given up: the launcher died 3 times while it ran."
    )
