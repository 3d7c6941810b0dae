"""Under which names the server answers.

A page of another site can have its name point at this machine (DNS rebinding); its
requests then carry that name, and get nothing.
"""

import re

from fairlead.adapters.http.settings import HttpSettings
from fairlead.kernel.errors import ErrorKind, FairleadError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "*.localhost")
EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - told apart, not listened on
ANY = "*"
_MOST = 256
_HOST = re.compile(rb"[0-9A-Za-z!$&'()*+,;=\-._~:\[\]@%]*")


class Hosts:
    """The names in the `Host` header that are served."""

    def __init__(self, allowed: tuple[str, ...], *, listening: str) -> None:
        """Serve those `allowed`; by default those `listening` stands for."""
        if not allowed:
            own = f"[{listening}]" if ":" in listening else listening
            allowed = (ANY,) if listening in EVERY_ADDRESS else (own, *LOOPBACK)
        names = [name.lower().rstrip(".") for name in allowed]
        self._any = ANY in names
        self._exact = frozenset(name for name in names if not name.startswith("*."))
        self._below = tuple(name[1:] for name in names if name.startswith("*."))
        self._known: set[bytes] = set()

    def serve(self, host: bytes) -> bool:
        """Tell whether a `Host` header is one of ours; its port does not matter."""
        if host in self._known:
            return True
        if not _HOST.fullmatch(host):
            return False
        name = host.decode("latin-1").lower()
        name = name[: name.find("]") + 1] if name[:1] == "[" else name.partition(":")[0]
        name = name.rstrip(".")
        if not (
            self._any or name in self._exact or name.endswith(self._below or ("\0",))
        ):
            return False
        if len(self._known) < _MOST:
            self._known.add(host)
        return True


class SharedHost(FairleadError):
    """Workloads would be reached by a name the console has, and get its cookies."""

    kind = ErrorKind.INVALID
    code = "http.shared_host"


def check_apart(settings: HttpSettings, workloads: str) -> None:
    """Refuse to have workloads at the host `workloads` when the console is there, too.

    Browsers send a cookie to every port of a host.

    Raises:
        SharedHost: the console answers under that name.
    """
    hosts = Hosts(settings.allowed_hosts, listening=settings.host)
    named = f"[{workloads}]" if ":" in workloads else workloads
    if workloads in EVERY_ADDRESS or hosts.serve(named.encode()):
        raise SharedHost(
            f"Workloads at {workloads} would get the console's cookies: set "
            "environments.host to another host, or http.allowed_hosts to the "
            "console's names without this one.",
            host=workloads,
        )
