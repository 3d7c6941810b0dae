"""Starting one program, or saying in a sentence why it cannot be started."""

import errno
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

NOT_THERE = 127
NOT_STARTABLE = 126
_USUAL_MASK = 0o022
_REASONS = {
    errno.EACCES: "you may not execute it; set its executable bit",
    errno.ENOEXEC: "it has no '#!' line and is no program for this machine",
    errno.E2BIG: "its arguments and environment are too long",
    errno.EAGAIN: "this user may not run any more processes",
    errno.ENOMEM: "there is no memory left",
}


class CannotStart(Exception):
    """A program was not started; `exit_code` is what a shell would say."""

    def __init__(self, message: str, exit_code: int) -> None:
        """Keep both."""
        super().__init__(message)
        self.exit_code = exit_code


def start(
    argv: list[str], *, directory: str, environment: Mapping[str, str], output: int
) -> int:
    """Start a program in a session of its own, and return its process id.

    Its input is empty; both its outputs go to the file `output`; signals are as
    usual, so is the mask of new files' modes, and no other file is open.

    Raises:
        CannotStart: it does not run.
    """
    if not Path(directory).is_dir():
        raise CannotStart(
            f"The directory {directory} to start in does not exist.", NOT_STARTABLE
        )
    try:
        program = subprocess.Popen(  # noqa: S603 - running programs is what this is for
            argv,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            close_fds=False,  # none of ours is inheritable
            start_new_session=True,
            umask=_USUAL_MASK,
        )
    except OSError as error:
        raise _told(error, argv[0], directory, environment) from error
    except (ValueError, IndexError) as error:
        name = argv[0] if argv else ""
        raise CannotStart(f"'{name}' cannot be started: {error}.", 126) from error
    program.returncode = 0  # the supervisor waits for it, not this object
    return program.pid


def _told(
    error: OSError, name: str, directory: str, environment: Mapping[str, str]
) -> CannotStart:
    if error.errno == errno.ENOENT:
        return _missing(name, directory, environment)
    reason = _REASONS.get(error.errno or 0, error.strerror)
    where = directory if error.filename == directory else name
    return CannotStart(f"'{where}' cannot be started: {reason}.", NOT_STARTABLE)


def _missing(name: str, directory: str, environment: Mapping[str, str]) -> CannotStart:
    searched = os.pathsep.join(os.get_exec_path(environment))
    if "/" not in name:
        places = [Path(folder, name) for folder in searched.split(os.pathsep)]
        message = f"The program '{name}' was not found on the PATH {searched}."
    else:
        places = [Path(directory, name)]
        message = f"The program '{name}' does not exist."
    if any(place.exists() for place in places):
        message = f"The interpreter that '{name}' names in its '#!' line was not found."
    return CannotStart(message, NOT_THERE)
