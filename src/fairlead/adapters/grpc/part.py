"""What a module gives to the gRPC host."""

from dataclasses import dataclass

from fairlead.kernel.module import Part


@dataclass(frozen=True)
class GrpcPart(Part):
    """Servicers, each as `package.module:Class`.

    They are imported only when the gRPC edge is on, so a server without it needs no
    grpcio. What a servicer looks like: `adapters.grpc.methods`. Every method must be
    declared in `module.yaml` under `rpcs`, and every declared one served.
    """

    servicers: tuple[str, ...]
