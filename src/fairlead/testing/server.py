"""A whole server as a user has it: its own process, data folder and command line."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

PASSWORD = "correct horse battery"  # noqa: S105 - of test servers only
DEADLINE_SECONDS = 90.0
ADDRESS = re.compile(r"console\s+(http://\S+)")


def eventually(
    look: Callable[[], T | None], what: str, *, seconds: float = DEADLINE_SECONDS
) -> T:
    """Return what `look` returns once that is true; tries again until then.

    Raises:
        AssertionError: it was not true within `seconds`; the message says `what`.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


@dataclass(slots=True)
class Finished:
    """How a command of the command line ended."""

    exit_code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return what it printed on stdout."""
        return json.loads(self.out)


@dataclass(slots=True)
class TestServer:
    """Starts and stops `fairlead up` in a folder of its own."""

    __test__ = False

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    process: subprocess.Popen[str] | None = None
    printed: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def home(self) -> Path:
        """Return the data folder."""
        return self.folder / "data"

    def environment(self) -> dict[str, str]:
        """Return the environment of the server and of its commands."""
        kept = {
            name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ
        }
        return {
            **kept,
            "HOME": str(self.folder),
            "FAIRLEAD_HOME": str(self.home),
            "FAIRLEAD_CONFIG": str(self.folder / "config.json"),
            "FAIRLEAD_HTTP__PORT": str(self.port),
            "FAIRLEAD_ADMIN__PASSWORD": PASSWORD,
            "FAIRLEAD_EXAMPLE__ENABLED": "false",
            "FAIRLEAD_OPERATIONS__GRACE_SECONDS": "0",
            **self.settings,
        }

    def start(self) -> "TestServer":
        """Start the server and wait until it answers; the port stays the same."""
        self.printed.clear()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fairlead.cli.main", "up"],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._drain, args=(self.process,), daemon=True).start()
        self.url = eventually(self._address, "the server printed its address")
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def _drain(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is not None:
            for line in process.stdout:
                self.printed.append(line)
            process.stdout.close()

    def _address(self) -> str | None:
        found = ADDRESS.search(self.text)
        if (
            found is None
            and self.process is not None
            and self.process.poll() is not None
        ):
            raise AssertionError(f"the server did not start:\n{self.text}")
        return found.group(1) if found else None

    @property
    def text(self) -> str:
        """Return all it has printed since its start."""
        return "".join(self.printed)

    def kill(self) -> None:
        """Kill the server's process, as a crash would."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=DEADLINE_SECONDS)

    def stop(self) -> int:
        """Stop it as Ctrl-C does and return its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def run(self, *arguments: str, stdin: str = "", seconds: float = 180) -> Finished:
        """Run `fairlead` with `arguments` as a user of this server."""
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "fairlead.cli.main", *arguments],
            cwd=self.folder,
            env={**self.environment(), "FAIRLEAD_URL": self.url},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def log_in(self) -> None:
        """Log the command line in as the administrator."""
        done = self.run("login", "--password-stdin", stdin=f"{PASSWORD}\n")
        if done.exit_code:
            raise AssertionError(done.err)

    def data(self, *arguments: str) -> Any:
        """Run a command with `--output json` and return its data."""
        done = self.run(*arguments, "--output", "json")
        if done.exit_code:
            raise AssertionError(done.err)
        return done.json()

    def fetch(self, url: str) -> bytes:
        """Return the body at an absolute address."""
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - loopback
            body: bytes = answer.read()
        return body


@contextlib.contextmanager
def test_server(folder: Path, **settings: str) -> Iterator[TestServer]:
    """Yield a started server that is stopped, and gone, at the end."""
    server = TestServer(folder, settings)
    try:
        yield server.start()
    finally:
        server.stop()


test_server.__test__ = False  # type: ignore[attr-defined]


def make_repository(folder: Path, files: Mapping[str, str]) -> Path:
    """Make a Git repository with one commit of `files` (path to text)."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, files, message="first")
    return folder


def commit(folder: Path, files: Mapping[str, str], *, message: str) -> str:
    """Write `files`, commit them and return the commit's hash."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return git(folder, "rev-parse", "HEAD").strip()


def git(folder: Path, *arguments: str) -> str:
    """Run git in `folder`, untouched by the user's own settings."""
    identity = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", "Ada"), ("EMAIL", "ada@example.invalid"))
    }
    done = subprocess.run(  # noqa: S603 - arguments of tests
        ["git", "-C", str(folder), *arguments],  # noqa: S607
        env={
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            **identity,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
