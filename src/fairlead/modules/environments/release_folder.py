"""A release's folder on this host: what is in it, and how it is filled."""

import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from fairlead.modules.environments.domain import PrepareFailed, WorkloadRecord

PERMISSIONS = 0o777  # what is kept of a mode: no setuid, setgid or sticky bit


@dataclass(frozen=True, slots=True)
class ReleaseFolder:
    """The places of one release below `<root>/<workload id>/<number>`."""

    root: Path
    workload_id: UUID
    number: int

    @property
    def path(self) -> Path:
        """Return the release's folder."""
        return self.root / str(self.workload_id) / str(self.number)

    @property
    def files(self) -> Path:
        """Return where the artifact's files are and the command runs."""
        return self.path / "files"

    @property
    def incoming(self) -> Path:
        """Return where the artifact lies, under whatever name, until it is placed."""
        return self.path / "incoming"

    @property
    def venv(self) -> Path:
        """Return the environment a wheel is installed in."""
        return self.path / "venv"

    @property
    def tools(self) -> Path:
        """Return a folder of programs the machine has under another name only."""
        return self.path / "bin"

    @property
    def temporary(self) -> Path:
        """Return the release's folder for temporary files."""
        return self.path / "tmp"

    @property
    def home(self) -> Path:
        """Return the workload's HOME, the same for all its releases."""
        return self.root / str(self.workload_id) / "home"

    @property
    def ready(self) -> bool:
        """Tell whether the folder was filled to the end."""
        return (self.path / "ready").exists()

    def begin(self) -> None:
        """Make the empty folder, in place of one that was not filled to the end."""
        remove_tree(self.path)
        own = (self.files, self.incoming, self.temporary, self.tools, self.home)
        for folder in own:
            folder.mkdir(parents=True, exist_ok=True)

    def finish(self) -> None:
        """Drop what was only needed to fill the folder, and mark it as filled."""
        remove_tree(self.incoming)
        (self.path / "ready").touch()

    def search_path(self, machine: str) -> str:
        """Return the PATH of the release's processes."""
        own = [self.venv / "bin", self.tools]
        return os.pathsep.join([*(str(one) for one in own if one.is_dir()), machine])

    def environment(self, path: str) -> Mapping[str, str]:
        """Return what every process in this folder has."""
        return {
            "PATH": self.search_path(path),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.temporary),
        }


def add_python(folder: ReleaseFolder, path: str) -> None:
    """Let `python` be the machine's `python3` where the machine has no `python`."""
    found = shutil.which("python3", path=path)
    if found and shutil.which("python", path=path) is None:
        (folder.tools / "python").symlink_to(found)


def place_file(folder: ReleaseFolder, source: Path, name: str, *, mode: int) -> None:
    """Put an artifact's one file under its own name.

    Raises:
        PrepareFailed: the name would lead out of the folder.
    """
    if not name or Path(name).name != name or name in {".", ".."}:
        raise PrepareFailed(f"'{name}' is no file name.", filename=name)
    target = folder.files / name
    shutil.move(source, target)
    target.chmod(mode & PERMISSIONS)


def remove_tree(path: Path) -> None:
    """Remove a folder, also where parts of it are write-protected; none is fine."""
    for folder, inner, _ in os.walk(path):
        for one in (Path(folder, name) for name in inner):
            if not one.is_symlink():
                one.chmod(stat.S_IRWXU)
    shutil.rmtree(path, ignore_errors=True)


def title_environment(workload: WorkloadRecord, number: int) -> Mapping[str, str]:
    """Return what tells a process who it is."""
    return {
        "FAIRLEAD_PROJECT": workload.project,
        "FAIRLEAD_ENVIRONMENT": workload.environment,
        "FAIRLEAD_WORKLOAD": workload.name,
        "FAIRLEAD_RELEASE": str(number),
    }
