"""The gate over gRPC: the kit asks it before each call."""

from dishka import AsyncContainer

from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.services.auth.public import KeyPlace
from fairlead.services.gateway.domain import Gate


async def admit(scope: AsyncContainer, permission: str, *, asked: str) -> None:
    """Admit the scope's caller to the method `asked` by the manifest's `permission`.

    Raises:
        KeyTooBusy: the caller is a key, and in use as often as it may at once.
        NobodyThere: the caller is not known.
        NotAllowed: the caller has the permission nowhere.
    """
    who = await scope.get(Principal)
    if who.kind is PrincipalKind.API_KEY:
        await scope.get(KeyPlace)
    gate = await scope.get(Gate)
    await gate.admit(who, permission, asked=asked)
