"""Outputs are taken from inside the checkout only, whatever a step left there."""

import os
import socket
import tarfile
from pathlib import Path

import pytest

from fairlead.modules.pipelines.activities import packing
from fairlead.modules.pipelines.activities.gathering import Gathered, gather
from fairlead.modules.pipelines.domain.errors import OutputRefused
from fairlead.modules.pipelines.domain.plan import OutputPlan

LIMIT = 1000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a checkout beside which something secret lies."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.whl").write_text("secret")
    source = tmp_path / "source"
    (source / "dist").mkdir(parents=True)
    (source / "dist" / "hello-1.whl").write_text("wheel")
    return source


def take(source: Path, path: str, kind: str = "file") -> tuple[Gathered, Path]:
    target = source.parent / "staged"
    output = OutputPlan(name="it", type=kind, path=path)
    return gather(source, output, target, max_bytes=LIMIT), target


@pytest.mark.parametrize("pattern", ["dist/*.whl", "**/*.whl", "dist/hello-?.whl"])
def test_pattern_finds_the_one_file(source: Path, pattern: str) -> None:
    """Stars match within and across folders."""
    found, target = take(source, pattern, "wheel")

    assert found == Gathered("hello-1.whl", 0o644)
    assert target.read_text() == "wheel"


def test_inner_link_is_followed(source: Path) -> None:
    """A link that stays inside is as good as what it leads to; its name counts."""
    (source / "latest.whl").symlink_to("dist/hello-1.whl")

    found, target = take(source, "latest.whl", "wheel")

    assert (found.filename, target.read_text()) == ("latest.whl", "wheel")


@pytest.mark.parametrize(
    ("path", "kind", "why"),
    [
        ("build/*.whl", "wheel", "matches nothing"),
        ("dist", "file", "no regular file"),
        ("dist/*", "directory", "no directory"),
        ("plain.txt", "wheel", "no wheel"),
        ("out.whl", "wheel", "leads out of the repository"),
        ("outdir/key.whl", "wheel", "leads out of the repository"),
        ("outdir", "directory", "leads out of the repository"),
        ("absolute", "file", "leads out of the repository"),
        ("broken", "file", "broken link"),
        ("loop", "file", "broken link"),
        ("pipe", "file", "no regular file"),
        ("socket", "file", "cannot be opened"),
        ("large", "file", "larger than 1000 bytes"),
        ("*.txt", "file", "more than one thing: other.txt, plain.txt"),
    ],
)
def test_what_breaks_a_rule_is_refused(
    source: Path, monkeypatch: pytest.MonkeyPatch, path: str, kind: str, why: str
) -> None:
    """The message names the output, its pattern and what is wrong."""
    (source / "plain.txt").write_text("x")
    (source / "other.txt").write_text("x")
    (source / "large").write_bytes(b"x" * (LIMIT + 1))
    (source / "out.whl").symlink_to("../secret/key.whl")
    (source / "outdir").symlink_to("../secret")
    (source / "absolute").symlink_to("/etc/passwd")
    (source / "broken").symlink_to("nothing")
    (source / "loop").symlink_to("loop")
    os.mkfifo(source / "pipe")
    monkeypatch.chdir(source)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")

        with pytest.raises(OutputRefused) as refused:
            take(source, path, kind)

    assert f"Output 'it' ({path})" in refused.value.message
    assert why in refused.value.message


@pytest.mark.parametrize("mode", [0o640, 0o4751, 0o600])
def test_permissions_are_kept(source: Path, mode: int) -> None:
    """But no setuid bit; a file's beside its bytes, a directory's in the tar."""
    (source / "dist" / "hello-1.whl").chmod(mode)
    (source / "dist").chmod(0o750)

    found, _ = take(source, "dist/hello-1.whl")
    (source.parent / "staged").unlink()
    _, target = take(source, ".", "directory")

    assert found.mode == mode & 0o777
    assert found.executable is bool(mode & 0o100)
    with tarfile.open(target) as tar:
        assert tar.getmember("dist").mode == 0o750
        assert tar.getmember("dist/hello-1.whl").mode == mode & 0o777


def test_more_files_than_can_be_deployed_are_refused(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MAX_ENTRIES", 1)
    with pytest.raises(OutputRefused, match="one too many after 1"):
        take(source, ".", "directory")


def test_checkout_swapped_for_a_link_is_refused(source: Path) -> None:
    """A step may move the checkout away and leave a link in its place."""
    source.rename(source.with_name("moved"))
    source.symlink_to("secret")

    with pytest.raises(OutputRefused, match="the checkout is a link now"):
        take(source, "key.whl", "wheel")


def test_folders_that_link_to_themselves_end(source: Path) -> None:
    """Two stars do not follow links to folders."""
    (source / "a").symlink_to(".")
    (source / "b").symlink_to(".")

    found, _ = take(source, "**/*.whl", "wheel")

    assert found.filename == "hello-1.whl"


def test_directory_becomes_the_same_tar_each_time(source: Path) -> None:
    """Order, times and owners do not matter; modes, links and empty folders do."""
    tree = source / "tree"
    (tree / "sub" / "empty").mkdir(parents=True)
    (tree / "run").write_text("#!/bin/sh\n")
    (tree / "run").chmod(0o755)
    (tree / "sub" / "up").symlink_to("../run")

    found, target = take(source, "tree", "directory")
    first = target.read_bytes()
    os.utime(tree / "run", (1, 1))
    take(source, "tree", "directory")

    assert found.filename == "tree.tar"
    assert target.read_bytes() == first
    with tarfile.open(target) as tar:
        about = {member.name: member for member in tar}
    assert list(about) == ["run", "sub", "sub/empty", "sub/up"]
    assert (about["run"].mode, about["run"].mtime) == (0o755, 0)
    assert about["sub/up"].linkname == "../run"


def test_whole_checkout_leaves_git_out(source: Path) -> None:
    """The pattern `.` is the checkout without its history, named after the output."""
    (source / ".git").mkdir()
    (source / ".git" / "config").write_text("secret")

    found, target = take(source, ".", "directory")

    assert found.filename == "it.tar"
    with tarfile.open(target) as tar:
        assert tar.getnames() == ["dist", "dist/hello-1.whl"]


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("up", "../secret"),
        ("absolute", "/etc"),
        ("deep/up", "../../secret"),
        ("deep/through", "top/../.."),
    ],
)
def test_directory_with_a_link_out_is_refused(
    source: Path, name: str, target: str
) -> None:
    """Also one that climbs through another link."""
    tree = source / "tree"
    (tree / "deep").mkdir(parents=True)
    (tree / "deep" / "top").symlink_to("..")
    (tree / name).symlink_to(target)

    with pytest.raises(OutputRefused, match="may lead out of it"):
        take(source, "tree", "directory")


def test_directory_with_a_pipe_or_too_much_is_refused(source: Path) -> None:
    """Nothing waits for a pipe's other end, and the limit is for all together."""
    (source / "pipes").mkdir()
    os.mkfifo(source / "pipes" / "pipe")
    (source / "much").mkdir()
    for name in ("a", "b"):
        (source / "much" / name).write_bytes(b"x" * 600)

    with pytest.raises(OutputRefused, match="neither a file nor a directory"):
        take(source, "pipes", "directory")
    with pytest.raises(OutputRefused, match="larger than 1000 bytes"):
        take(source, "much", "directory")
