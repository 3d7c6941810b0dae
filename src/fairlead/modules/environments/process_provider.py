"""Releases as folders and processes of this host."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.blobs import Blobs
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.journal import Journals
from fairlead.kernel.processes import (
    Launcher,
    LauncherDown,
    Lifetime,
    PlainProcesses,
    ProcessSpec,
    ProcessUnknown,
    Receipt,
)
from fairlead.modules.environments.archives import Room, unpack
from fairlead.modules.environments.domain import (
    NeverAnswered,
    PrepareFailed,
    Release,
    Replica,
    ReplicaEnded,
    WorkloadRecord,
    check_plain,
    journal_name,
    with_port,
)
from fairlead.modules.environments.installer import Installer
from fairlead.modules.environments.output import last_lines
from fairlead.modules.environments.ports import Answer, Output, Provider
from fairlead.modules.environments.probe import ask, free_port
from fairlead.modules.environments.release_folder import (
    ReleaseFolder,
    add_python,
    place_file,
    remove_tree,
    title_environment,
)

PREFIX = "workload/"
GRACE_SECONDS = 3.0
SHORT_GRACE_SECONDS = 0.5
SHOWN_LINES = 20
HTTP_FINE = range(200, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessProvider(Provider):
    """Runs replicas as processes of the launcher that outlive a killed server.

    Attributes:
        plain: Whether it may do that at all.
        root: The folder of all releases.
        path: Where programs are searched, also by workloads.
        passed: Variables of the server's environment that an installation may see.
        secrets: What no output may show.
    """

    plain: PlainProcesses
    launcher: Launcher
    blobs: Blobs
    journals: Journals
    root: Path
    host: str = "127.0.0.1"
    path: str
    passed: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    install_timeout_seconds: float = 600.0
    release_max_bytes: int = 8 * 1024**3

    @override
    async def prepare(
        self, workload: WorkloadRecord, release: Release, output: Output
    ) -> None:
        check_plain(self.plain)
        folder = ReleaseFolder(self.root, release.workload_id, release.number)
        if folder.ready:
            return
        order = release.order
        try:
            await asyncio.to_thread(folder.begin)
            await asyncio.to_thread(add_python, folder, self.path)
            source = folder.incoming / (Path(order.filename).name or "artifact")
            await self.blobs.fetch(order.blob, source)
            if order.artifact_type == "wheel":
                await self._installer().install(
                    folder, source, output, key=f"deploy/{workload.id}/{release.number}"
                )
            elif order.artifact_type == "directory":
                await asyncio.to_thread(unpack, source, folder.files, self._room())
            else:
                place_file(folder, source, order.filename, mode=order.permissions)
            await asyncio.to_thread(folder.finish)
        except OSError as error:
            raise PrepareFailed(
                f"The release's folder {folder.path} cannot be filled: "
                f"{error.strerror or error}.",
                folder=str(folder.path),
            ) from error

    def _installer(self) -> Installer:
        return Installer(
            self.launcher,
            path=self.path,
            passed=self.passed,
            secrets=self.secrets,
            room=self._room(),
            timeout_seconds=self.install_timeout_seconds,
        )

    def _room(self) -> Room:
        return Room(self.release_max_bytes)

    @override
    async def start(
        self, workload: WorkloadRecord, release: Release, replica: Replica
    ) -> int:
        check_plain(self.plain)
        folder = ReleaseFolder(self.root, release.workload_id, release.number)
        folder.temporary.mkdir(parents=True, exist_ok=True)
        spec = ProcessSpec(
            key=replica.key,
            argv=with_port(release.order.command, replica.port),
            directory=folder.files,
            environment={
                **folder.environment(self.path),
                **title_environment(workload, release.number),
                "HOST": self.host,
                "PYTHONUNBUFFERED": "1",  # else Python keeps what it prints to itself
                **release.order.env,
                "PORT": str(replica.port),
            },
            journal=self.journals.path(journal_name(workload.id)),
            stream=replica.stream,
            lifetime=Lifetime.WORKLOAD,
            secrets=self.secrets,
        )
        await self.launcher.start(spec)
        pid = await self._pid(replica.key)
        if pid:
            return pid
        receipt = await self._receipt(replica.key)
        if receipt is None or not receipt.interrupted:
            return 0
        await self.launcher.forget(replica.key)  # the server was closed: start again
        await self.launcher.start(spec)
        return await self._pid(replica.key)

    async def _pid(self, key: str) -> int:
        for process in await self.launcher.running():
            if process.key == key:
                return process.pid
        return 0

    @override
    async def answers(
        self, release: Release, replica: Replica, *, timeout_seconds: float
    ) -> Answer:
        ended = asyncio.ensure_future(self._receipt(replica.key))
        asking = asyncio.ensure_future(
            self._ask(release, replica, timeout_seconds=timeout_seconds)
        )
        try:
            await asyncio.wait({ended, asking}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                raise await self._early_end(replica, ended.result())
            return await asking
        finally:
            for task in (ended, asking):
                task.cancel()
            await asyncio.gather(ended, asking, return_exceptions=True)

    async def _ask(
        self, release: Release, replica: Replica, *, timeout_seconds: float
    ) -> Answer:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        pause, last = 0.02, "nothing was heard"
        while True:
            try:
                answer = await ask(self.host, replica.port, release.order.health)
                if answer.status in HTTP_FINE:
                    return answer
                last = f"the last answer was {answer.status}"
            except ConnectionRefusedError:
                last = "nobody listens there; it must listen on $PORT"
            except TimeoutError:
                last = "the last request was not answered"
            except (OSError, ValueError) as error:
                last = getattr(error, "strerror", None) or str(error)
                last = f"the last try said: {last}"
            if loop.time() + pause > deadline:
                raise NeverAnswered(
                    f"Replica {replica.index} of release {release.number} did not "
                    f"answer GET {release.order.health} on port {replica.port} within "
                    f"{timeout_seconds:g} s ({last}).",
                    output=await self.last_output(replica, lines=SHOWN_LINES),
                )
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.25)

    async def _early_end(
        self, replica: Replica, receipt: Receipt | None
    ) -> FairleadError:
        printed = await self.last_output(replica, lines=SHOWN_LINES)
        how = "ended" if receipt is None else f"ended with code {receipt.exit_code}"
        last = (
            receipt.error if receipt and receipt.error else printed.rpartition("\n")[2]
        )
        return ReplicaEnded(
            f"Replica {replica.index} {how} before it answered"
            f"{f': {last[:200]}' if last else '; it printed nothing'}",
            output=printed,
        )

    async def _receipt(self, key: str) -> Receipt | None:
        try:
            return await self.launcher.wait(key)
        except (ProcessUnknown, LauncherDown):
            return None

    @override
    async def ended(self, replica: Replica) -> int | None:
        receipt = await self._receipt(replica.key)
        if receipt is None or receipt.interrupted:
            return None
        return receipt.exit_code

    @override
    async def last_output(self, replica: Replica, *, lines: int) -> str:
        path = self.journals.path(journal_name(replica.workload_id))
        return await asyncio.to_thread(last_lines, path, replica.stream, lines=lines)

    @override
    async def running(self) -> frozenset[str]:
        running = await self.launcher.running()
        return frozenset(one.key for one in running if one.key.startswith(PREFIX))

    @override
    async def stop(self, key: str, *, soon: bool = False) -> None:
        grace = SHORT_GRACE_SECONDS if soon else GRACE_SECONDS
        with suppress(ProcessUnknown):
            await self.launcher.stop(key, grace_seconds=grace)
            await self.launcher.forget(key)

    @override
    async def free_port(self) -> int:
        return free_port(self.host)

    @override
    async def discard(self, workload_id: UUID, number: int | None = None) -> None:
        folder = self.root / str(workload_id)
        if number is not None:
            folder = ReleaseFolder(self.root, workload_id, number).path
        await asyncio.to_thread(remove_tree, folder)
