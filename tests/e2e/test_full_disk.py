"""A disk that runs full: runs end, and say why; the server stops when it is told to."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fairlead.testing.server import TestServer, eventually, make_repository, test_server

POUR = "seq 1 3000000; seq 1 3000000"
FILL = "dd if=/dev/zero of=big bs=64k || true; while :; do sleep 0.2; done"
PIPELINE = "version: 1\nbuild:\n  steps:\n    - {{name: hog, run: '{}'}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a server's folder whose data lies on a disk of 16 MB."""
    data = tmp_path / "server" / "data"
    data.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(data)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        pytest.skip(f"no small disk: {done.stderr.strip()}")
    try:
        yield tmp_path / "server"
    finally:
        subprocess.run(["umount", "--lazy", str(data)], check=True)  # noqa: S603, S607


@pytest.mark.parametrize("hog", [POUR, FILL], ids=["output", "files"])
def test_a_full_disk_ends_the_step_with_a_reason(
    folder: Path, tmp_path: Path, hog: str
) -> None:
    """In a while, and recorded in spite of it; then there is room again to go on."""
    files = {".fairlead.yaml": PIPELINE.format(hog)}
    repository = make_repository(tmp_path / "repository", files)
    with test_server(folder, FAIRLEAD_PROCESSES__FULL_DISK_SECONDS="3") as server:
        server.log_in()
        server.run("projects", "create", "hog", "--repository", str(repository))
        assert server.run("run", "hog").exit_code == 0

        eventually(lambda: state(server) == "failed", "the run has failed")

        run = server.data("runs", "show", "hog/1")
        assert run["reason"] == (
            f"Step build/hog was ended: The disk of {folder / 'data'} is full."
        )
        assert server.run("projects", "list").exit_code == 0


def test_a_full_disk_keeps_nothing_from_stopping(folder: Path, tmp_path: Path) -> None:
    """Neither the server nor the launcher, while a step waits for room."""
    files = {".fairlead.yaml": PIPELINE.format(POUR)}
    repository = make_repository(tmp_path / "repository", files)
    with test_server(folder, FAIRLEAD_PROCESSES__FULL_DISK_SECONDS="600") as server:
        server.log_in()
        server.run("projects", "create", "hog", "--repository", str(repository))
        server.run("run", "hog")
        eventually(lambda: full(folder / "data"), "the disk is full")

        assert server.stop() == 0
        assert left_running(folder) == []


def state(server: TestServer) -> str:
    return str(server.data("runs", "show", "hog/1")["state"])


def full(data: Path) -> bool:
    return psutil.disk_usage(str(data)).free < 1_200_000


def left_running(folder: Path) -> list[str]:
    """Return what still runs with the folder in its command line."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if str(folder) in line:
            found.append(line)
    return found
