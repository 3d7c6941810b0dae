"""The kernel's `Launcher`, spoken to over its socket."""

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import Any

from typing_extensions import override

from fairlead.adapters.processes.link import Link
from fairlead.adapters.processes.starting import Child, connect
from fairlead.adapters.processes.wire import PROTOCOL
from fairlead.kernel.journal import Journals
from fairlead.kernel.processes import (
    Launcher,
    LauncherDown,
    Lifetime,
    ProcessSpec,
    ProcessUnknown,
    Receipt,
    Running,
)
from fairlead.kernel.redaction import refuse

_OPEN_SECONDS = 30.0
_AGAIN_SECONDS = 0.01
_GRACE_SECONDS = 5.0  # for workloads, when the server closes
_KILL_SECONDS = 10.0


class ProcessLauncher(Launcher):
    """Starts the launcher of a home folder where none runs, and connects to it.

    After the launcher has died the next call starts another; that one first ends
    whatever the dead one has left.
    """

    def __init__(
        self,
        home: Path,
        journals: Journals,
        *,
        idle_seconds: float = 5.0,
        full_disk_seconds: float = 30.0,
    ) -> None:
        """Serve `home`; tell `journals` when a program has printed something.

        A launcher that serves nobody and runs nothing leaves after `idle_seconds`. It
        ends steps that wait longer than `full_disk_seconds` for room on the disk.
        """
        self._full_disk_seconds = full_disk_seconds
        self._folder = home.absolute() / "run"
        self._journals = journals
        self._idle_seconds = idle_seconds
        self._link: Link | None = None
        self._opening = asyncio.Lock()
        self._child: Child | None = None
        self._closed = False

    async def open(self) -> None:
        """Connect, starting the launcher if there is none.

        Raises:
            LauncherDown: it does not come up within half a minute.
        """
        self._closed = False
        await self._connected()

    async def close(self, *, stop_workloads: bool = True) -> None:
        """End all steps, and all workloads too unless they are to stay.

        Steps that are ended so have a receipt that says `interrupted`.
        """
        if stop_workloads:
            await self.shutdown(grace_seconds=_GRACE_SECONDS)
            return
        self._closed = True
        if self._link is not None:
            self._link.close()
            self._link = None

    async def shutdown(self, *, grace_seconds: float) -> None:
        """End every process, workloads included, then the launcher itself."""
        self._closed = True
        link, self._link = self._link, None
        if link is None:
            return
        with contextlib.suppress(LauncherDown, TimeoutError):
            async with asyncio.timeout(grace_seconds + _KILL_SECONDS):
                await link.ask("shutdown", grace=grace_seconds)
        link.close()
        if self._child is not None:
            await self._child.ended(_KILL_SECONDS)

    @override
    async def start(self, spec: ProcessSpec) -> None:
        for secret in spec.secrets:
            refuse(secret)
        await self._ask("start", spec=_spec(spec))

    @override
    async def wait(self, key: str) -> Receipt:
        answer = await self._ask("wait", key=key)
        return Receipt(**answer["receipt"])

    @override
    async def stop(self, key: str, *, grace_seconds: float = 0.5) -> None:
        await self._ask("stop", key=key, grace=grace_seconds)

    @override
    async def running(self) -> tuple[Running, ...]:
        answer = await self._ask("running")
        return tuple(
            Running(
                key=one["key"],
                pid=one["pid"],
                lifetime=Lifetime(one["lifetime"]),
                started_at=one["started_at"],
            )
            for one in answer["running"]
        )

    @override
    async def forget(self, key: str) -> None:
        await self._ask("forget", key=key)

    async def pid(self) -> int:
        """Return the launcher's process id."""
        answer = await self._ask("hello")
        return int(answer["pid"])

    async def _ask(self, do: str, **facts: Any) -> dict[str, Any]:
        link = self._link
        if link is None or link.broken:
            link = await self._connected()
        answer = await link.ask(do, **facts)
        match answer.get("error"):
            case None:
                return answer
            case "unknown key":
                raise ProcessUnknown(
                    f"No process was started as '{facts['key']}'.", key=facts["key"]
                )
            case error:
                raise LauncherDown(f"The launcher refused to {do}: {error}.")

    async def _connected(self) -> Link:
        async with self._opening:
            if self._closed:
                raise LauncherDown("The launcher was closed; start the server again.")
            if self._link is None or self._link.broken:
                self._link = await self._open()
            return self._link

    async def _open(self) -> Link:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        until = time.monotonic() + _OPEN_SECONDS
        while time.monotonic() < until:
            link = await connect(self._folder, self._on_touched)
            if link is not None and await self._fits(link):
                return link
            if self._child is None or self._child.has_ended():
                self._child = Child.start(
                    self._folder,
                    idle_seconds=self._idle_seconds,
                    full_disk_seconds=self._full_disk_seconds,
                )
            await asyncio.sleep(_AGAIN_SECONDS)
        raise LauncherDown(
            f"The launcher does not come up; see {self._folder / 'launcher.log'}.",
            folder=str(self._folder),
        )

    async def _fits(self, link: Link) -> bool:
        """Tell whether a launcher answers that speaks as we do; end another one."""
        try:
            answer = await link.ask("hello")
            if answer.get("protocol") == PROTOCOL:
                return True
            await link.ask("shutdown", grace=_GRACE_SECONDS)
        except LauncherDown:
            pass
        link.close()
        return False

    def _on_touched(self, paths: list[str]) -> None:
        for path in paths:
            self._journals.touch(Path(path))


def _spec(spec: ProcessSpec) -> dict[str, Any]:
    return {
        "key": spec.key,
        "argv": spec.argv,
        "directory": os.fspath(spec.directory),
        "environment": dict(spec.environment),
        "journal": os.fspath(spec.journal.absolute()),
        "stream": spec.stream,
        "lifetime": spec.lifetime.value,
        "secrets": spec.secrets,
    }
