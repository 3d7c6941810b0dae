"""Where the command line keeps its log in: one file of mode 0600."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

HOST, PORT = "127.0.0.1", "7070"
DEFAULT_URL = f"http://{HOST}:{PORT}"
EVERYWHERE = {"0.0.0.0": HOST, "::": "::1"}  # noqa: S104 - where a server listens


@dataclass(frozen=True, slots=True)
class Credentials:
    """A server and the tokens it gave; times are seconds since the epoch."""

    url: str = DEFAULT_URL
    username: str = ""
    access_token: str = ""
    access_expires: float = 0.0
    refresh_token: str = ""


def location() -> Path:
    """Return the file: FAIRLEAD_CONFIG, or one in the user's config folder."""
    given = os.environ.get("FAIRLEAD_CONFIG")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CONFIG_HOME")
    return (
        (Path(base) if base else Path.home() / ".config") / "fairlead" / "config.json"
    )


def default_url() -> str:
    """Return where a server started with this environment would answer."""
    host = os.environ.get("FAIRLEAD_HTTP__HOST") or HOST
    host = EVERYWHERE.get(host, host)
    port = os.environ.get("FAIRLEAD_HTTP__PORT") or PORT
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def address(text: str) -> str:
    """Return a server's address as a URL without a slash at its end."""
    return (text if "://" in text else f"http://{text}").rstrip("/")


def load() -> Credentials:
    """Return what is kept; defaults when there is nothing readable."""
    try:
        data = json.loads(location().read_text())
        return Credentials(**data)
    except (OSError, ValueError, TypeError):
        return Credentials(url=default_url())


def save(credentials: Credentials) -> None:
    """Replace the file as a whole; only its owner may read it."""
    path = location()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(credentials), file, indent=2)
    part.replace(path)


def forget() -> None:
    """Remove the tokens, keep the address."""
    save(Credentials(url=load().url))


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Let one process at a time renew the tokens (a refresh token is good once)."""
    path = location()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_name(f"{path.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
