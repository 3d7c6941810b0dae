"""Taking one output out of the checkout, without ever following a link out of it.

A step may leave a process behind that swaps files while we look. So everything is
opened name by name from the checkout's top, links refused, and what was opened is
what is checked and read.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fairlead.modules.pipelines.activities.matching import ENOUGH, matches
from fairlead.modules.pipelines.activities.packing import Packer
from fairlead.modules.pipelines.domain.errors import OutputRefused
from fairlead.modules.pipelines.domain.plan import OutputPlan

CHUNK = 1024 * 1024
PERMISSIONS = 0o777  # no setuid, setgid or sticky bit


@dataclass(frozen=True, slots=True)
class Gathered:
    """The name and the permission bits of what was gathered; a tar has none."""

    filename: str
    mode: int | None = None

    @property
    def executable(self) -> bool:
        """Tell whether its owner may execute it."""
        return bool(self.mode and self.mode & stat.S_IXUSR)


def gather(
    source: Path, output: OutputPlan, target: Path, *, max_bytes: int
) -> Gathered:
    """Write one output to the new file `target`, a directory as a tar; blocks.

    Raises:
        OutputRefused: the pattern does not match exactly one thing of the right type
            inside the tree, or that is too large.
        OSError: it cannot be read, or `target` not be written.
    """
    root = source.parent.resolve() / source.name
    if root.is_symlink():
        raise _refused(output, "cannot be looked for: the checkout is a link now")
    found = _only(root, output)
    resolved = _resolved(root, found, output)
    with _opened(root, resolved, output) as descriptor:
        _check_type(descriptor, found, output)
        if output.type == "directory":
            return _pack(descriptor, root, resolved, output, target, max_bytes)
        mode = os.fstat(descriptor).st_mode
        _copy(descriptor, target, output, max_bytes)
    return Gathered(found.name, mode & PERMISSIONS)


def _only(root: Path, output: OutputPlan) -> Path:
    found = matches(root, output.path)
    if not found:
        raise _refused(output, "matches nothing")
    if len(found) > 1:
        names = [str(path.relative_to(root)) for path in found]
        more = " and more" if len(names) == ENOUGH else ""
        raise _refused(output, f"matches more than one thing: {', '.join(names)}{more}")
    return found[0]


def _resolved(root: Path, found: Path, output: OutputPlan) -> Path:
    try:
        resolved = found.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise _refused(output, "matches a broken link") from error
    if not resolved.is_relative_to(root):
        name = found.relative_to(root)
        raise _refused(output, f"matches '{name}', which leads out of the repository")
    return resolved


@contextmanager
def _opened(root: Path, path: Path, output: OutputPlan) -> Iterator[int]:
    """Open `path` name by name; a link that appeared meanwhile is refused."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with ExitStack() as stack:

        def keep(descriptor: int) -> int:
            stack.callback(os.close, descriptor)
            return descriptor

        try:
            descriptor = keep(os.open(root, flags | os.O_DIRECTORY))
            for name in path.relative_to(root).parts:
                descriptor = keep(os.open(name, flags, dir_fd=descriptor))
        except OSError as error:
            why = error.strerror or "it changed meanwhile"
            raise _refused(output, f"matches what cannot be opened: {why}") from error
        yield descriptor


def _check_type(descriptor: int, found: Path, output: OutputPlan) -> None:
    mode = os.fstat(descriptor).st_mode
    if output.type == "directory":
        if not stat.S_ISDIR(mode):
            raise _refused(output, f"matches '{found.name}', which is no directory")
    elif not stat.S_ISREG(mode):
        raise _refused(output, f"matches '{found.name}', which is no regular file")
    elif output.type == "wheel" and not found.name.endswith(".whl"):
        raise _refused(output, f"matches '{found.name}', which is no wheel (.whl)")


def _copy(descriptor: int, target: Path, output: OutputPlan, max_bytes: int) -> None:
    left = max_bytes
    with target.open("xb") as file:
        while chunk := os.read(descriptor, CHUNK):
            left -= len(chunk)
            if left < 0:
                raise _too_large(output, max_bytes)
            file.write(chunk)


def _pack(
    descriptor: int,
    root: Path,
    resolved: Path,
    output: OutputPlan,
    target: Path,
    max_bytes: int,
) -> Gathered:
    def refuse(name: str, why: str) -> OutputRefused:
        return _refused(output, f"holds '{name}', which {why}")

    def full() -> OutputRefused:
        return _too_large(output, max_bytes)

    packer = Packer(refuse=refuse, full=full, max_bytes=max_bytes)
    with suppress(FileNotFoundError):
        target.unlink()
    with closing(packer.create(target)):
        packer.add_tree(descriptor, skip=".git" if resolved == root else "")
    name = output.name if resolved == root else resolved.name
    return Gathered(f"{name}.tar")


def _too_large(output: OutputPlan, max_bytes: int) -> OutputRefused:
    return _refused(output, f"is larger than {max_bytes} bytes")


def _refused(output: OutputPlan, why: str) -> OutputRefused:
    return OutputRefused(
        f"Output '{output.name}' ({output.path}) {why}.",
        output=output.name,
        path=output.path,
    )
