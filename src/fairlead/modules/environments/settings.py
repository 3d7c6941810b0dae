"""Settings of the section `environments`."""

from typing import Annotated

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0)]
AtLeastOne = Annotated[int, Meta(ge=1)]


class EnvironmentsSettings(
    Struct, kw_only=True, frozen=True, forbid_unknown_fields=True
):
    """How workloads run on this host.

    Attributes:
        host: The address fronts listen on and workloads are reached by.
        ports: The fronts' ports, first and last.
        health_timeout_seconds: How long a new replica may take to answer.
        drain_seconds: How long a replaced replica may finish its connections.
        install_timeout_seconds: How long installing a wheel may take.
        release_max_bytes: How much an artifact may hold, unpacked.
        restart_seconds, restart_max_seconds: The wait before a crashed replica is
            started again: the first, doubled each time, up to the last.
        quick_crash_seconds, quick_crashes: So many crashes, each so soon after its
            start, and the workload is failed.
        pass_environment: Names of the server's environment that installing a wheel
            may see, e.g. a package mirror or a proxy.
        redact: Names of such variables whose values are always taken out of output;
            those that sound secret, and passwords in URLs, are anyway.
        output_bytes: How much of a workload's output is kept, at least.
        output_check_seconds: How often its length is looked at.
        idle_seconds: Connections on which nothing moves for so long are ended.
        connections: Open connections per workload, at most.
    """

    host: str = "127.0.0.1"
    ports: Annotated[str, Meta(pattern=r"^[0-9]{1,5}-[0-9]{1,5}$")] = "20000-29999"
    health_timeout_seconds: Seconds = 60.0
    drain_seconds: Annotated[float, Meta(ge=0)] = 10.0
    install_timeout_seconds: Seconds = 600.0
    release_max_bytes: AtLeastOne = 8 * 1024**3
    restart_seconds: Seconds = 0.5
    restart_max_seconds: Seconds = 30.0
    quick_crash_seconds: Seconds = 60.0
    quick_crashes: AtLeastOne = 5
    pass_environment: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    output_bytes: Annotated[int, Meta(ge=1024 * 1024)] = 16 * 1024 * 1024
    output_check_seconds: Seconds = 5.0
    idle_seconds: Seconds = 600.0
    connections: AtLeastOne = 2048
