"""What policies need from the outside: a place, and a language."""

from abc import abstractmethod
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from fairlead.kernel.paging import Page, PageRequest
from fairlead.services.authz.ports.restrictions import Restrictions
from fairlead.services.authz.public import Policy


class PolicyStore(Protocol):
    """Keeps the policies of one tenant."""

    @abstractmethod
    async def list(self, page: PageRequest) -> Page[Policy]:
        """Return policies by name.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def enabled(self) -> tuple[Policy, ...]:
        """Return all that count, by name."""

    @abstractmethod
    async def count(self) -> int:
        """Return how many there are."""

    @abstractmethod
    async def find(self, name: str) -> Policy | None:
        """Return one policy; None: there is none of this name."""

    @abstractmethod
    async def add(self, policy: Policy) -> None:
        """Store a new policy.

        Raises:
            PolicyNameTaken: there is one of this name.
        """

    @abstractmethod
    async def save(self, policy: Policy) -> bool:
        """Replace the policy of this id whose version is one less.

        Returns False, and changes nothing, when there is none.
        """

    @abstractmethod
    async def remove(self, name: str) -> bool:
        """Remove a policy; return False when there is none of this name."""


class PolicyLanguage(Protocol):
    """Understands the texts of policies."""

    @abstractmethod
    async def check(self, text: str, permissions: AbstractSet[str]) -> None:
        """Find out whether `text` is a policy for these permissions.

        Raises:
            BadPolicy: it is not; the message says where and why.
        """

    @abstractmethod
    def restrictions(self, policies: Sequence[Policy]) -> Restrictions:
        """Return `policies` ready to be asked.

        One that is not understood any more forbids all that it is attached to.
        """
