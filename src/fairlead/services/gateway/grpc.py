"""The gate over gRPC: the kit asks it before each call."""

from dishka import AsyncContainer

from fairlead.kernel.principal import Principal
from fairlead.services.gateway.domain import Gate


async def admit(scope: AsyncContainer, permission: str) -> None:
    """Admit the scope's caller to a method by the permission its manifest declares.

    Raises:
        NobodyThere: the caller is not known.
        NotAllowed: the caller has the permission nowhere.
    """
    gate = await scope.get(Gate)
    await gate.admit(await scope.get(Principal), permission)
