"""What takes away again what roles give."""

from abc import abstractmethod
from typing import Protocol

from typing_extensions import override

from fairlead.kernel.principal import Principal
from fairlead.kernel.reach import Reach


class Restrictions(Protocol):
    """The policies of one tenant, ready to be asked in the middle of a decision."""

    @abstractmethod
    def concern(self, permission: str) -> bool:
        """Tell, cheaply, whether any of them is attached to `permission`."""

    @abstractmethod
    def forbidden_by(
        self, who: Principal, groups: frozenset[str], permission: str, on: str
    ) -> str:
        """Return the name of the policy that forbids it; empty: none does.

        `groups` are the names of the groups whose rights `who` has: for a key or a run
        those of its owner. Asked only after a role gave `permission` in the scope `on`.
        """

    @abstractmethod
    def reach(
        self,
        who: Principal,
        groups: frozenset[str],
        permission: str,
        whole: Reach,
    ) -> Reach:
        """Return what the policies leave of `whole`, in which roles give it.

        Where a policy takes a project away, its environments go with it.
        """


class RestrictionSource(Protocol):
    """Knows the policies of one tenant."""

    @abstractmethod
    async def load(self) -> Restrictions:
        """Return those in force; kept until the tenant's rights are forgotten."""


class NoRestrictions(Restrictions):
    """Forbids nothing."""

    @override
    def concern(self, permission: str) -> bool:
        return False

    @override
    def forbidden_by(
        self, who: Principal, groups: frozenset[str], permission: str, on: str
    ) -> str:
        return ""

    @override
    def reach(
        self,
        who: Principal,
        groups: frozenset[str],
        permission: str,
        whole: Reach,
    ) -> Reach:
        return whole


class Unrestricted(RestrictionSource):
    """Has no policies."""

    @override
    async def load(self) -> Restrictions:
        return NoRestrictions()
