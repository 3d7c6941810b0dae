"""Preparing releases from each type of artifact, with the real launcher."""

import io
import json
import tarfile
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from fairlead.adapters.blobs.files import FileBlobs
from fairlead.adapters.journals.files import FileJournals
from fairlead.adapters.processes.client import ProcessLauncher
from fairlead.kernel.processes import PlainProcesses
from fairlead.modules.environments.domain import (
    PrepareFailed,
    ProviderRefused,
    Release,
    ReleaseState,
    Replica,
    ReplicaEnded,
    ReplicaState,
    WorkloadRecord,
)
from fairlead.modules.environments.ports import Output
from fairlead.modules.environments.process_provider import ProcessProvider
from fairlead.modules.environments.public import WorkloadOrder, WorkloadState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORKLOAD = WorkloadRecord(
    id=UUID(int=1),
    project_id=UUID(int=2),
    project="hello",
    environment_id=UUID(int=3),
    environment="dev",
    name="web",
    state=WorkloadState.DEPLOYING,
    port=0,
    release=0,
    run_id=UUID(int=4),
    run_number=0,
    replicas=0,
    restarts=0,
    starts=0,
    reason="",
    holder=None,
    output_start=0,
    updated_at=NOW,
)
ORDER = WorkloadOrder(
    name="web",
    blob="artifact",
    artifact_type="file",
    filename="tool",
    executable=True,
    command=("./tool",),
    port=8000,
    health="/",
)
RELEASE = Release(
    workload_id=WORKLOAD.id,
    number=1,
    run_id=UUID(int=4),
    run_number=1,
    deployment=UUID(int=5),
    order=ORDER,
    state=ReleaseState.PREPARING,
    created_at=NOW,
)
REPLICA = Replica(
    workload_id=WORKLOAD.id,
    release=1,
    index=1,
    start=1,
    port=12345,
    deployment=UUID(int=5),
    state=ReplicaState.STARTING,
)
TELL = """#!/bin/sh
env; pwd
"""
PYTHON = """
import json, os, sys
print(json.dumps({"env": dict(os.environ), "argv": sys.argv, "prefix": sys.prefix}))
"""


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[ProcessProvider]:
    journals = FileJournals(tmp_path / "journals")
    launcher = ProcessLauncher(tmp_path, journals)
    await launcher.open()
    yield ProcessProvider(
        plain=PlainProcesses(allowed=True),
        launcher=launcher,
        blobs=FileBlobs(tmp_path / "blobs"),
        journals=journals,
        root=tmp_path / "releases",
        path="/usr/local/bin:/usr/bin:/bin",
        passed={"PASSED": "to the installer only"},
    )
    await launcher.close()


async def run(provider: ProcessProvider, release: Release) -> str:
    """Prepare, run to the end, and return what it printed."""
    output = Output(provider.journals.path("deploy"), "deploy/web")
    await provider.prepare(WORKLOAD, release, output)
    await provider.prepare(WORKLOAD, release, output)
    await provider.start(WORKLOAD, release, REPLICA)
    code = await provider.ended(REPLICA)
    printed = await provider.last_output(REPLICA, lines=100)
    assert code == 0, printed
    return printed


async def test_a_file_runs_under_its_name_with_an_environment_of_its_own(
    provider: ProcessProvider,
) -> None:
    await provider.blobs.put_bytes("artifact", TELL.encode())

    order = replace(ORDER, env={"GREETING": "hi"})
    printed = await run(provider, replace(RELEASE, order=order))

    *lines, folder = printed.splitlines()
    env = dict(line.split("=", 1) for line in lines)
    assert folder == str(provider.root / str(WORKLOAD.id) / "1" / "files")
    names = set(env) - {"PWD", "SHLVL", "_", "OLDPWD"}
    assert names - {"FAIRLEAD_PROCESS"} == {
        *("PATH", "HOME", "LANG", "TMPDIR", "HOST", "PORT", "GREETING"),
        "PYTHONUNBUFFERED",
        *("FAIRLEAD_PROJECT", "FAIRLEAD_ENVIRONMENT"),
        *("FAIRLEAD_WORKLOAD", "FAIRLEAD_RELEASE"),
    }
    assert env["PORT"] == "12345"
    assert env["HOST"] == "127.0.0.1"
    assert env["FAIRLEAD_RELEASE"] == "1"


async def test_a_workload_shows_no_secret_of_the_server(
    provider: ProcessProvider,
) -> None:
    await provider.blobs.put_bytes("artifact", TELL.encode())
    guarded = replace(provider, secrets=("to-the-installer",))

    order = replace(ORDER, env={"KNOWN": "from to-the-installer on"})
    printed = await run(guarded, replace(RELEASE, order=order))

    assert "KNOWN=from *** on" in printed
    assert "to-the-installer" not in printed


async def test_a_wheel_runs_in_an_environment_of_its_own(
    provider: ProcessProvider,
) -> None:
    """It needs no other packages, so installing it needs no package index."""
    buffer = io.BytesIO()
    info = "hello-1.0.dist-info"
    with zipfile.ZipFile(buffer, "w") as wheel:
        wheel.writestr("hello/__init__.py", "")
        wheel.writestr("hello/__main__.py", PYTHON)
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n"
        )
        tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{info}/WHEEL", tag)
        wheel.writestr(f"{info}/RECORD", "")
    await provider.blobs.put_bytes("artifact", buffer.getvalue())

    order = replace(
        ORDER,
        artifact_type="wheel",
        filename="hello-1.0-py3-none-any.whl",
        command=("python", "-m", "hello", "--port=${PORT}", "$PORTAL"),
    )
    told = json.loads(await run(provider, replace(RELEASE, order=order)))

    venv = provider.root / str(WORKLOAD.id) / "1" / "venv"
    assert told["prefix"] == str(venv)
    assert told["argv"][1:] == ["--port=12345", "$PORTAL"]


async def test_a_wheel_that_cannot_be_installed_says_so(
    provider: ProcessProvider,
) -> None:
    await provider.blobs.put_bytes("artifact", b"no zip at all")
    order = replace(ORDER, artifact_type="wheel", filename="hello-1.0-py3-none-any.whl")

    with pytest.raises(PrepareFailed, match="is no wheel"):
        await run(provider, replace(RELEASE, order=order))


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """Return a tar of these members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for member, data in members:
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


async def test_a_directory_is_unpacked(provider: ProcessProvider) -> None:
    member = tarfile.TarInfo("bin/tell")
    member.mode = 0o755
    await provider.blobs.put_bytes("artifact", archive((member, TELL.encode())))
    order = replace(
        ORDER, artifact_type="directory", filename="site", command=("bin/tell",)
    )

    printed = await run(provider, replace(RELEASE, order=order))

    assert "FAIRLEAD_WORKLOAD=web" in printed


LINK = tarfile.TarInfo("link")
LINK.type, LINK.linkname = tarfile.SYMTYPE, "../.."


@pytest.mark.parametrize(
    "members",
    [
        [(tarfile.TarInfo("../escape"), b"outside")],
        [(LINK, b""), (tarfile.TarInfo("link/escape"), b"outside")],
    ],
)
async def test_a_directory_that_leads_out_is_refused(
    provider: ProcessProvider, members: list[tuple[tarfile.TarInfo, bytes]]
) -> None:
    await provider.blobs.put_bytes("artifact", archive(*members))
    order = replace(ORDER, artifact_type="directory", filename="site")

    with pytest.raises(PrepareFailed, match="cannot be unpacked"):
        await run(provider, replace(RELEASE, order=order))

    assert list(provider.root.rglob("escape")) == []


async def test_a_file_name_that_leads_out_is_refused(
    provider: ProcessProvider,
) -> None:
    await provider.blobs.put_bytes("artifact", b"outside")
    order = replace(ORDER, filename="../escape")

    with pytest.raises(PrepareFailed, match="is no file name"):
        await run(provider, replace(RELEASE, order=order))


@pytest.mark.parametrize("name", ["files", "tmp", "bin", "ready", "incoming", "venv"])
async def test_an_artifact_may_have_any_name(
    provider: ProcessProvider, name: str
) -> None:
    """Also one that a release's folder uses itself."""
    await provider.blobs.put_bytes("artifact", TELL.encode())
    order = replace(ORDER, filename=name, command=(f"./{name}",))

    printed = await run(provider, replace(RELEASE, order=order))

    assert "FAIRLEAD_WORKLOAD=web" in printed


async def test_a_file_that_is_not_placed_yet_marks_nothing_as_finished(
    provider: ProcessProvider,
) -> None:
    """Its name is that of the mark."""
    order = replace(ORDER, artifact_type="wheel", filename="ready")
    await provider.blobs.put_bytes("artifact", b"no zip at all")
    for _ in range(2):
        with pytest.raises(PrepareFailed, match="is no wheel"):
            await run(provider, replace(RELEASE, order=order))


@pytest.mark.parametrize("mode", [0o640, 0o4750, 0o600, 0o755])
async def test_a_file_keeps_its_permissions(
    provider: ProcessProvider, mode: int
) -> None:
    """But no setuid bit."""
    await provider.blobs.put_bytes("artifact", b"")
    release = replace(RELEASE, order=replace(ORDER, mode=mode))

    await provider.prepare(WORKLOAD, release, Output(Path(), ""))

    placed = provider.root / str(WORKLOAD.id) / "1" / "files" / "tool"
    assert placed.stat().st_mode & 0o7777 == mode & 0o777


async def test_a_directory_keeps_permissions_and_can_still_be_removed(
    provider: ProcessProvider,
) -> None:
    folder, file = tarfile.TarInfo("data"), tarfile.TarInfo("data/note")
    folder.type, folder.mode, file.mode = tarfile.DIRTYPE, 0o3550, 0o4640
    folder.mtime = file.mtime = 1_700_000_000
    await provider.blobs.put_bytes("artifact", archive((folder, b""), (file, b"hi")))
    order = replace(ORDER, artifact_type="directory", filename="data.tar")
    release = replace(RELEASE, order=order)

    await provider.prepare(WORKLOAD, release, Output(Path(), ""))

    placed = provider.root / str(WORKLOAD.id) / "1" / "files" / "data"
    assert placed.stat().st_mode & 0o7777 == 0o550
    assert (placed / "note").stat().st_mode & 0o7777 == 0o640
    assert placed.stat().st_mtime == (placed / "note").stat().st_mtime == 1_700_000_000
    await provider.discard(WORKLOAD.id)
    assert not (provider.root / str(WORKLOAD.id)).exists()


async def test_a_program_that_is_not_there_is_told(provider: ProcessProvider) -> None:
    await provider.blobs.put_bytes("artifact", b"")
    release = replace(RELEASE, order=replace(ORDER, command=("no-such-program",)))
    await provider.prepare(WORKLOAD, release, Output(Path(), ""))
    await provider.start(WORKLOAD, release, REPLICA)

    with pytest.raises(ReplicaEnded, match="no-such-program"):
        await provider.answers(release, REPLICA, timeout_seconds=60)


async def test_nothing_is_prepared_or_started_without_leave(
    provider: ProcessProvider,
) -> None:
    """Whatever was allowed when the release was ordered."""
    await provider.blobs.put_bytes("artifact", TELL.encode())
    provider = replace(provider, plain=PlainProcesses(allowed=False))

    with pytest.raises(ProviderRefused, match="unsafe_local"):
        await provider.prepare(WORKLOAD, RELEASE, Output(Path(), ""))
    with pytest.raises(ProviderRefused, match="unsafe_local"):
        await provider.start(WORKLOAD, RELEASE, REPLICA)

    assert not provider.root.exists()
    assert await provider.running() == frozenset()
