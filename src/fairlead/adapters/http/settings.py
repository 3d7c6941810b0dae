"""The settings section `http`."""

from typing import Annotated

from msgspec import Meta, Struct


class HttpSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where the server listens and what it accepts.

    Attributes:
        max_body_bytes: Larger request bodies are refused with 413.
        trusted_proxies: Addresses whose `X-Forwarded-For` and `-Proto` are believed.
        requests_per_second: Of one address, in bursts of ten times that; 0: no limit.
        max_connections: Open at once; more are answered 503.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 7070
    max_body_bytes: Annotated[int, Meta(ge=1024)] = 1024 * 1024
    trusted_proxies: tuple[str, ...] = ()
    requests_per_second: Annotated[int, Meta(ge=0)] = 0
    max_connections: Annotated[int, Meta(ge=16)] = 10_000
