"""Bringing the gRPC edge in: its packages are imported only when it is on."""

import importlib
import os
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Protocol

from dishka import AsyncContainer, Provider
from msgspec import Struct

from fairlead.adapters.grpc.part import GrpcPart
from fairlead.adapters.grpc.settings import GrpcSettings
from fairlead.adapters.wiring.part import Opened
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.module import Rpc

NO_FORKS = ("GRPC_ENABLE_FORK_SUPPORT", "0")  # our children always start a program
EXTRA = frozenset({"google", "grpc", "grpc_health", "grpc_reflection"})


class ExtraMissing(FairleadError):
    """gRPC is on, and what it needs is not installed."""

    kind = ErrorKind.INVALID
    code = "grpc.extra_missing"


class Admit(Protocol):
    """The gate: decides whether the caller of a scope may call a method at all."""

    @abstractmethod
    async def __call__(
        self, scope: AsyncContainer, permission: str, *, asked: str
    ) -> None:
        """Let the scope's principal pass, or raise; `asked` is the method's name.

        Raises:
            FairleadError: of kind unauthenticated or forbidden.
        """


class GrpcListener(Opened, Protocol):
    """The gRPC server while it is open."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Return `host:port`, with the port it really has."""


def wanted(sections: Mapping[type[Struct], Struct]) -> bool:
    """Tell whether the settings turn gRPC on."""
    settings = sections.get(GrpcSettings)
    return isinstance(settings, GrpcSettings) and settings.enabled


def grpc_providers(
    sections: Mapping[type[Struct], Struct],
    parts: Iterable[GrpcPart],
    declared: Iterable[Rpc],
    admit: Admit,
) -> tuple[Provider, ...]:
    """Return what provides the `GrpcListener`; nothing when gRPC is off.

    Raises:
        BadModule: servicers, messages and manifests do not fit together.
        ExtraMissing: the extra `grpc` is not installed.
    """
    if not wanted(sections):
        return ()
    os.environ.setdefault(*NO_FORKS)
    try:
        kit = importlib.import_module("fairlead.adapters.grpc.provider")
    except ModuleNotFoundError as error:
        if str(error.name).split(".", maxsplit=1)[0] not in EXTRA:
            raise
        raise ExtraMissing(
            "grpc.enabled needs more packages: pip install 'fairlead[grpc]'.",
            package=error.name,
        ) from error
    names = [name for part in parts for name in part.servicers]
    return (kit.GrpcProvider(names, declared, admit),)
