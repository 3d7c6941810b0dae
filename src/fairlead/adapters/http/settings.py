"""The settings section `http`."""

from typing import Annotated

from msgspec import Meta, Struct


class HttpSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where the server listens and what it accepts.

    Attributes:
        allowed_hosts: Names in the `Host` header that are served, `*.example.com` for
            all below one, `*` for all. Empty: the listening address and the names of
            this machine's loopback; all, when it listens on every address.
        max_body_bytes: Larger request bodies are refused with 413.
        head_seconds: A request's head must have arrived by then.
        body_seconds: How long a request's body may make no progress.
        trusted_proxies: Addresses whose `X-Forwarded-For` and `-Proto` are believed.
        requests_per_second: Of one address, and of one user, in bursts of ten times
            that; 0: no limit.
        max_connections: Open at once; more are answered 503.
        max_connections_per_address: Of these, from one address that is no proxy.
        public_metrics: Whether `/metrics` is for everybody who can reach the server;
            if not, for those who have `gateway.metrics.read`.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 7070
    allowed_hosts: tuple[str, ...] = ()
    max_body_bytes: Annotated[int, Meta(ge=1024)] = 1024 * 1024
    head_seconds: Annotated[float, Meta(gt=0)] = 10.0
    body_seconds: Annotated[float, Meta(gt=0)] = 30.0
    trusted_proxies: tuple[str, ...] = ()
    requests_per_second: Annotated[int, Meta(ge=0)] = 200
    max_connections: Annotated[int, Meta(ge=16)] = 10_000
    max_connections_per_address: Annotated[int, Meta(ge=1)] = 1_000
    public_metrics: bool = True

    @property
    def url(self) -> str:
        """Return where this machine reaches the server, if nothing better is known."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return (
            f"http://[{host}]:{self.port}"
            if ":" in host
            else f"http://{host}:{self.port}"
        )
