"""What a change would change, before it is made."""

from abc import abstractmethod
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public.roles import RoleDraft


class BadComparison(FairleadError):
    """It is not said what to compare with: one role, or one module."""

    kind = ErrorKind.INVALID
    code = "authz.bad_comparison"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one user would gain and lose in one scope."""

    user_id: UUID
    user_name: str
    scope: str
    gains: frozenset[str]
    loses: frozenset[str]


class Comparisons(Protocol):
    """Tells who would gain or lose what; every method may raise NotAllowed.

    Users come by name, each with all their scopes on one page. What a user would still
    have by another role, group or scope is no loss, what they have already no gain.
    Every scope they have a binding in is looked at, with all that holds there; policies
    are not, for they take away by conditions.
    """

    @abstractmethod
    async def role(
        self,
        who: Principal,
        name: str,
        draft: RoleDraft | None,
        page: PageRequest,
    ) -> Page[Difference]:
        """Compare with a role as `draft` says, made or replaced; None: deleted.

        Raises:
            BadRole, RoleBuiltIn: as they say.
            RoleNotFound: there is none to delete.
            RoleInUse: another role includes the one to delete.
        """

    @abstractmethod
    async def module(
        self,
        who: Principal,
        name: str,
        permissions: AbstractSet[str],
        page: PageRequest,
    ) -> Page[Difference]:
        """Compare with a version of module `name` that declares these permissions.

        Raises:
            BadRole: a permission does not begin with the module's name.
        """
