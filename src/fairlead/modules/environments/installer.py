"""Running the few programs that installing a wheel takes."""

import asyncio
import importlib.util
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from fairlead.kernel.processes import Launcher, Lifetime, ProcessSpec, ProcessUnknown
from fairlead.modules.environments.archives import Room, needs_packages
from fairlead.modules.environments.domain import PrepareFailed
from fairlead.modules.environments.ports import Output
from fairlead.modules.environments.release_folder import ReleaseFolder


class Installer:
    """Installs a wheel into an environment of its release, by the launcher."""

    def __init__(
        self,
        launcher: Launcher,
        *,
        path: str,
        passed: Mapping[str, str],
        secrets: tuple[str, ...] = (),
        room: Room,
        timeout_seconds: float,
    ) -> None:
        """Search programs along `path`; let them see `passed`, not show `secrets`."""
        self._room = room
        self._launcher = launcher
        self._path = path
        self._passed = passed
        self._secrets = secrets
        self._timeout_seconds = timeout_seconds

    async def install(
        self, folder: ReleaseFolder, wheel: Path, output: Output, *, key: str
    ) -> None:
        """Make the environment and install `wheel` with what it needs.

        Raises:
            PrepareFailed: there is no Python, or installing failed or took too long.
        """
        packages = await asyncio.to_thread(needs_packages, wheel, self._room)
        python = shutil.which("python3", path=self._path)
        if python is None:
            raise PrepareFailed(
                "Installing a wheel needs python3 on the server's PATH."
            )
        ours = importlib.util.find_spec("pip") is not None
        venv = [python, "-m", "venv", *(["--without-pip"] if ours else [])]
        await self._run(folder, [*venv, str(folder.venv)], output, key=f"{key}/venv")
        own = str(folder.venv / "bin" / "python")
        pip = [sys.executable, "-m", "pip", "--python", own] if ours else _pip(own)
        alone = [] if packages else ["--no-deps", "--no-index"]
        quiet = ["--no-input", "--disable-pip-version-check", "--quiet"]
        await self._run(
            folder,
            [*pip, "install", *quiet, *alone, str(wheel)],
            output,
            key=f"{key}/pip",
        )

    async def _run(
        self, folder: ReleaseFolder, argv: list[str], output: Output, *, key: str
    ) -> None:
        spec = ProcessSpec(
            key=key,
            argv=tuple(argv),
            directory=folder.path,
            environment={**folder.environment(self._path), **self._passed},
            journal=output.journal,
            stream=output.stream,
            lifetime=Lifetime.STEP,
            secrets=self._secrets,
        )
        name = "installing the wheel" if key.endswith("/pip") else "making a venv"
        await self._clear(key)
        await self._launcher.start(spec)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                receipt = await self._launcher.wait(key)
        except TimeoutError as error:
            limit = self._timeout_seconds
            raise PrepareFailed(f"{name} took longer than {limit:g} s.") from error
        finally:
            await asyncio.shield(self._clear(key))
        broken = receipt.error or receipt.cut_short
        if broken or receipt.exit_code:
            cause = broken or f"exit code {receipt.exit_code}"
            raise PrepareFailed(
                f"{name.capitalize()} failed ({cause}); its output says why."
            )

    async def _clear(self, key: str) -> None:
        """End what an earlier attempt left under this key, and forget it."""
        try:
            await self._launcher.stop(key)
            await self._launcher.forget(key)
        except ProcessUnknown:
            return


def _pip(python: str) -> list[str]:
    return [python, "-m", "pip"]
