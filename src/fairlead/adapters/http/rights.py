"""Whether who reads a stream may still do so: their session, and what they may see."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dishka import AsyncContainer

from fairlead.kernel.access import Access
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Principal

RIGHTS = "rights"  # of a request's state
Allowed = Callable[[], Awaitable[bool]]
Vouch = Callable[[], Awaitable[Principal | None]]


@dataclass(frozen=True, slots=True)
class Rights:
    """The caller's, to be asked again later; `vouch` looks at the credential anew."""

    container: AsyncContainer
    who: Principal
    vouch: Vouch | None

    def still(self, permission: str, *, on: str) -> Allowed:
        """Return what tells whether the caller has the permission there, each time."""

        async def allowed() -> bool:
            try:
                if self.vouch is not None and await self.vouch() is None:
                    return False
                async with self.container(context={Principal: self.who}) as scope:
                    access = await scope.get(Access)
                    await access.require(self.who, permission, on=on)
            except FairleadError as error:
                return error.kind in {ErrorKind.UNAVAILABLE, ErrorKind.THROTTLED}
            return True

        return allowed
