"""Which commit is checked out, and what is said when none can be."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.integration.modules.pipelines.rig import Rig, commit, git

from fairlead.modules.pipelines.public import State

Make = Callable[..., Path]

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "version: 1\nbuild: {steps: [{name: ok, run: 'true'}]}"


async def test_revisions_are_branches_tags_and_commits(
    rig: Rig, make: Make, tmp_path: Path
) -> None:
    """Each way to name a commit checks out that commit."""
    folder = make(
        "version: 1\nbuild: {steps: [{name: show, run: cat a}]}", {"a": "1\n"}
    )
    first = git(folder, "rev-parse", "HEAD")
    git(folder, "tag", "v1")
    git(folder, "checkout", "--quiet", "-b", "next/one")
    second = commit(folder, {"a": "2\n"}, "Go on")
    git(folder, "checkout", "--quiet", "main")

    by_revision = {
        revision: (await rig.run("hello", revision=revision)).commit
        for revision in ("", "v1", first[:10], "next/one", second)
    }

    assert by_revision == {
        "": first,
        "v1": first,
        first[:10]: first,
        "next/one": second,
        second: second,
    }


BAD: Mapping[str, tuple[dict[str, str], str]] = {
    "unknown revision": ({"revision": "nowhere"}, "no branch, tag or commit 'nowhere'"),
    "option as revision": ({"revision": "HEAD^{tree}"}, "no branch, tag or commit"),
}


@pytest.mark.parametrize("case", BAD)
async def test_unknown_revision_is_named(rig: Rig, make: Make, case: str) -> None:
    """The run fails and says which repository lacks what."""
    more, reason = BAD[case]
    folder = make(TEXT)

    run = await rig.run("hello", **more)

    assert run.state is State.FAILED
    assert reason in run.reason
    assert str(folder) in run.reason
    assert not rig.work(run).exists()


@pytest.mark.parametrize(
    ("repository", "reason"),
    [
        ("/nowhere/at/all", "/nowhere/at/all cannot be cloned"),
        ("ext::sh -c touch% ../never", "cannot be cloned"),
        ("--upload-pack=touch ../never", "cannot be cloned"),
    ],
)
async def test_repository_that_cannot_be_cloned_is_named(
    rig: Rig, repository: str, reason: str
) -> None:
    """Also one that tries to make git run a program."""
    rig.shelf.put("hello", repository)

    run = await rig.run("hello")

    assert run.state is State.FAILED
    assert reason in run.reason
    assert b"fatal:" in await rig.output(run, "checkout")
    assert not list(rig.home.rglob("never"))


async def test_empty_repository_is_said_to_be_so(rig: Rig, tmp_path: Path) -> None:
    """There is no commit to build."""
    folder = tmp_path / "empty"
    folder.mkdir()
    git(folder, "init", "--quiet")
    rig.shelf.put("hello", str(folder))

    run = await rig.run("hello")

    assert "is empty" in run.reason


async def test_repository_of_another_user_can_be_cloned(rig: Rig, make: Make) -> None:
    """Git's distrust of foreign owners does not stop a checkout."""
    folder = make(
        "version: 1\nbuild: {steps: [{name: ok, run: 'git log -1 --format=%s'}]}"
    )
    if os.geteuid() != 0:
        pytest.skip("needs root to give files away")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 12345, 12345)

    run = await rig.run("hello")

    assert run.state is State.SUCCEEDED, run.reason


@pytest.mark.parametrize("scheme", ["", "file://"])
async def test_repository_out_of_bounds_is_not_cloned(
    rig: Rig, make: Make, tmp_path: Path, scheme: str
) -> None:
    """Also one that became so after its project was made, and that nobody asks git."""
    folder = make(TEXT)
    inside = rig.home / "stolen"
    inside.symlink_to(folder)
    rig.shelf.put("hello", f"{scheme}{inside}")
    run = await rig.run("hello")
    inside.unlink()
    (tmp_path / "link").symlink_to(rig.home)
    rig.shelf.put("hello", f"{scheme}{tmp_path}/link/work")
    through_a_link = await rig.run("hello")

    for refused in (run, through_a_link):
        assert refused.state is State.FAILED
        assert "projects.local_roots" in refused.reason
        assert await rig.output(refused, "checkout") == b""


async def test_file_url_is_cloned(rig: Rig, make: Make) -> None:
    folder = make(TEXT)
    rig.shelf.put("hello", f"file://{folder}")

    assert (await rig.run("hello")).state is State.SUCCEEDED


@pytest.mark.parametrize(
    ("pipeline", "reason"),
    [
        ("", ".fairlead.yaml line 1, column 1: the file is empty"),
        ("version: 1\nbuild: {step: []}\n", "line 2, column 9: unknown key 'step'"),
    ],
)
async def test_broken_pipeline_file_is_placed(
    rig: Rig, make: Make, pipeline: str, reason: str
) -> None:
    """The reason has file, line and column."""
    make(pipeline)

    run = await rig.run("hello")

    assert run.state is State.FAILED
    assert reason in run.reason


async def test_missing_pipeline_file_is_said_so(rig: Rig, make: Make) -> None:
    """And the older name is read where the newer is absent."""
    folder = make(TEXT)
    git(folder, "mv", ".fairlead.yaml", ".shipinator.yaml")
    commit(folder, {}, "Use the older name")

    older = await rig.run("hello")
    git(folder, "mv", ".shipinator.yaml", "other.yaml")
    commit(folder, {}, "Use no name")
    missing = await rig.run("hello")

    assert older.state is State.SUCCEEDED
    assert "There is no .fairlead.yaml" in missing.reason
