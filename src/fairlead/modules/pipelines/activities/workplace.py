"""Where a run works on this host: its folders and the environment of its steps."""

import asyncio
import os
import shutil
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from fairlead.kernel.secrecy import credentials_in
from fairlead.modules.pipelines.domain.errors import StepBroken

WHY = (
    "# Nothing is set here. It keeps tools that look for settings in folders above\n"
    "# a checkout from finding those of whatever the data folder lies in.\n"
)
NEUTRAL = {"pytest.ini": f"{WHY}[pytest]\n", "ruff.toml": WHY}
OUTSIDE = "It needs a folder inside the repository to run in"


@dataclass(frozen=True, slots=True)
class Workplace:
    """The folder of one run, `<home>/work/<run id>`."""

    path: Path

    @property
    def source(self) -> Path:
        """Return where the repository is checked out."""
        return self.path / "source"

    @property
    def home(self) -> Path:
        """Return the steps' home folder."""
        return self.path / "home"

    @property
    def temporary(self) -> Path:
        """Return the steps' folder for temporary files."""
        return self.path / "tmp"

    @property
    def programs(self) -> Path:
        """Return the folder of the programs we add to the PATH."""
        return self.path / "bin"

    @property
    def staging(self) -> Path:
        """Return where outputs lie while they are stored."""
        return self.path / "staging"

    def prepare(self) -> None:
        """Make the folders that are not there yet; blocks."""
        for folder in (self.home, self.temporary, self.programs, self.staging):
            folder.mkdir(parents=True, exist_ok=True)
        for name, text in NEUTRAL.items():
            (self.path / name).write_text(text)

    def wipe(self) -> None:
        """Remove what an earlier checkout left; blocks."""
        remove_tree(self.source)

    def inside(self, directory: str) -> Path:
        """Return a folder of the checkout, also where links lead; blocks.

        Raises:
            StepBroken: it is outside, or no folder.
        """
        root = self.path.resolve() / self.source.name
        try:
            path = (root / directory).resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise StepBroken(f"{OUTSIDE}: '{directory}' is not there.") from error
        if not path.is_relative_to(root):
            raise StepBroken(f"{OUTSIDE}: '{directory}' leads out of it.")
        if not path.is_dir():
            raise StepBroken(f"{OUTSIDE}: '{directory}' is no folder.")
        return path


@dataclass(frozen=True, slots=True)
class Workplaces:
    """All workplaces, below one folder.

    Attributes:
        passed: Names of variables that steps get.
        secrets: What no output may show.
    """

    root: Path
    passed: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def secrets_of(self, repository: str) -> tuple[str, ...]:
        """Return what the output of a run of `repository` must not show."""
        return (*self.secrets, *credentials_in(repository))

    def of(self, run_id: UUID) -> Workplace:
        """Return the workplace of a run; nothing is made yet."""
        return Workplace(self.root / str(run_id))

    async def clear(self, run_id: UUID) -> None:
        """Remove everything a run has here; nothing is fine."""
        await asyncio.to_thread(remove_tree, self.of(run_id).path)

    def environment(self, place: Workplace) -> dict[str, str]:
        """Return what every process of a run has in its environment; blocks.

        PATH is the server's without the server's own programs. Where the machine has
        a `python3` and no `python`, a run gets one of that name.
        """
        path = machine_path(os.environ.get("PATH", os.defpath))
        python = place.programs / "python"
        if not python.is_symlink() and not shutil.which("python", path=path):
            found = shutil.which("python3", path=path)
            if found:
                python.symlink_to(found)
        passed = {name: os.environ[name] for name in self.passed if name in os.environ}
        return {
            "LANG": os.environ.get("LANG", "C.UTF-8"),
            **passed,
            "PATH": f"{path}{os.pathsep}{place.programs}",
            "HOME": str(place.home),
            "TMPDIR": str(place.temporary),
        }


def machine_path(path: str) -> str:
    """Return a PATH without the folder of the environment this server runs in."""
    parts = [part for part in path.split(os.pathsep) if Path(part).is_absolute()]
    if sys.prefix != sys.base_prefix:
        own = (Path(sys.prefix) / "bin").resolve()
        parts = [part for part in parts if Path(part).resolve() != own]
    return os.pathsep.join(parts or os.defpath.split(os.pathsep))


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it, also what is write-protected; blocks."""
    if path.is_symlink() or path.is_file():
        path.unlink()
        return
    shutil.rmtree(path, onerror=_unlock)


def _unlock(again: Callable[[str], object], name: str, info: Any) -> None:
    if issubclass(info[0], FileNotFoundError):
        return
    for folder in (Path(name).parent, Path(name)):
        if not folder.is_symlink() and folder.is_dir():
            folder.chmod(folder.stat().st_mode | stat.S_IRWXU)
    if Path(name).is_dir() and not Path(name).is_symlink():
        shutil.rmtree(name)
        return
    again(name)


def facts(run: Mapping[str, str]) -> dict[str, str]:
    """Return the `FAIRLEAD_*` variables of a process."""
    return {f"FAIRLEAD_{name}": value for name, value in run.items()}
