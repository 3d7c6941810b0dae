"""The settings section `grpc`."""

from typing import Annotated

from msgspec import Meta, Struct


class GrpcSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whether and where gRPC is served, and what is accepted.

    Attributes:
        enabled: Needs the extra: `pip install 'fairlead[grpc]'`.
        port: 0: any free one.
        max_message_bytes: Larger messages are refused, in both directions.
        max_concurrent_calls: In all; more are refused as RESOURCE_EXHAUSTED.
        max_streams_per_connection: More wait at the client.
        keepalive_seconds: A connection without traffic is asked this often whether
            it is still there, and closed when it does not answer in `patience_seconds`.
        min_ping_seconds: A client that asks us more often is disconnected.
    """

    enabled: bool = False
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 7071
    max_message_bytes: Annotated[int, Meta(ge=1024, le=2**31 - 1)] = 4 * 1024 * 1024
    max_concurrent_calls: Annotated[int, Meta(ge=1)] = 2_000
    max_streams_per_connection: Annotated[int, Meta(ge=1)] = 200
    keepalive_seconds: Annotated[int, Meta(ge=1)] = 60
    patience_seconds: Annotated[int, Meta(ge=1)] = 20
    min_ping_seconds: Annotated[int, Meta(ge=1)] = 20
