"""The settings of pipelines."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0)]


class PipelinesSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How steps run.

    Attributes:
        executor: What runs steps; `process`: plain processes of the server's user.
        unsafe_local: Whether that executor, which isolates nothing, may be used.
        pass_environment: Names of the server's variables that steps get. Those that
            sound secret, and passwords in URLs, are taken out of their output.
        redact: Names of such variables whose values always are.
        run_identity: Whether each step gets `FAIRLEAD_TOKEN`, good while it runs, to
            read its project with.
        step_timeout_seconds: For steps that set none of their own.
        checkout_timeout_seconds: For cloning the repository.
        artifact_max_bytes: The largest output that is stored.
        stop_grace_seconds: Between asking a step to end and killing it.
    """

    executor: Literal["process"] = "process"
    unsafe_local: bool = False
    pass_environment: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    run_identity: bool = False
    step_timeout_seconds: Seconds = 3600.0
    checkout_timeout_seconds: Seconds = 600.0
    artifact_max_bytes: Annotated[int, Meta(ge=0)] = 2 * 1024**3
    stop_grace_seconds: Annotated[float, Meta(ge=0, le=60)] = 0.5
