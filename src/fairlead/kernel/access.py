"""The port by which services below the authorizer ask it whether a caller may go on."""

from abc import abstractmethod
from typing import Protocol

from fairlead.kernel.principal import Principal


class Access(Protocol):
    """Decides; `authz.public.Authorizer` fits it, and everything above asks that."""

    @abstractmethod
    async def require(
        self, who: Principal, permission: str, *, on: str = "/", target: str = ""
    ) -> None:
        """Let the caller pass, or raise; `target` is what the audit trail names then.

        Raises:
            NotAllowed: `who` lacks `permission` in `on`.
        """
