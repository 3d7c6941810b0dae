"""Who may do what, and why."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.events import Event
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, TenantId
from fairlead.kernel.reach import Reach
from fairlead.services.authz.public.roles import Binding
from fairlead.services.authz.public.scopes import ROOT


class NotAllowed(FairleadError):
    """The caller lacks a permission; `permission` and `scope` are in the details.

    So is `policy`, the name of one, where roles give the permission and it forbids.
    """

    kind = ErrorKind.FORBIDDEN
    code = "authz.not_allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """What a key or a run may do: some of what its owner, or a role, may.

    Attributes:
        owner_id: Whose rights it has; None: those of `role`.
        permissions: At most these; None: all.
        projects: In these and what is in them only; None: everywhere.
    """

    owner_id: UUID | None = None
    role: str = ""
    permissions: frozenset[str] | None = None
    projects: frozenset[UUID] | None = None


class Delegations(Protocol):
    """Knows keys and runs; asked once about each, until rights are forgotten."""

    @abstractmethod
    async def of(self, who: Principal) -> Delegation | None:
        """Return what such a caller may; None: nothing, it is not good any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsChanged(Event):
    """Roles, groups, bindings or policies of a tenant changed; `version` counts it."""

    topic: ClassVar[str] = "authz.rights.changed"

    tenant_id: TenantId
    version: int


class HeldRights(Protocol):
    """What callers hold, remembered."""

    @abstractmethod
    def forget(self, tenant_id: TenantId) -> None:
        """Have it read anew, after the commit of what changes it."""


class Authorizer(Protocol):
    """Decides, in process and in microseconds; a refusal is audited."""

    @abstractmethod
    async def require(
        self,
        who: Principal,
        permission: str,
        *,
        on: str = ROOT,
        target: str = "",
        sees: str | None = None,
        missing: FairleadError | None = None,
    ) -> None:
        """Let the caller pass, or raise.

        `target` is what the audit trail names when they may not, e.g. `runs/0198…`;
        left out, the object of the scope `on`.

        With `sees` and `missing`: a caller who does not even have the permission
        `sees` there gets the error `missing` instead, so existence does not leak.

        Raises:
            NotAllowed: `who` lacks `permission` in `on`.
        """

    @abstractmethod
    async def allows(self, who: Principal, permission: str, *, on: str = ROOT) -> bool:
        """Tell whether the caller has the permission there; nothing is audited."""

    @abstractmethod
    async def reach(self, who: Principal, permission: str) -> Reach:
        """Return where the caller has the permission."""

    async def given(self, who: Principal, permission: str) -> Reach:
        """Return where roles give the permission, whatever policies take away now.

        For comparing people: a policy may look at the hour, the network or the name.
        """
        return await self.reach(who, permission)


class UnknownPermission(FairleadError):
    """No module declares this permission."""

    kind = ErrorKind.INVALID
    code = "authz.unknown_permission"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether somebody may do something somewhere, and by what.

    Attributes:
        binding: The one that decides; None: none gives the permission there. Of several
            it is the one at the nearest scope, there the first by the name of the role;
            of one role, one's own goes before those of groups. A run has a role without
            a binding, and of a key it is one of its owner's.
        path: Names of roles, from the bound one to the one whose own the permission
            is.
        policy: The name of the policy that forbids it; empty: none does.
        reason: All that in a sentence.
    """

    allowed: bool
    permission: str
    scope: str
    binding: Binding | None
    path: tuple[str, ...]
    policy: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capable:
    """A user who may do something somewhere, and by what; as in `Decision`."""

    user_id: UUID
    user_name: str
    binding: Binding
    path: tuple[str, ...]


class Decisions(Protocol):
    """Explains decisions; nothing asked here counts as a refusal in the trail."""

    @abstractmethod
    async def can_i(
        self, who: Principal, permission: str, *, on: str = ROOT
    ) -> Decision:
        """Decide for the caller, whoever it is: a user, a key, a run.

        Raises:
            UnknownPermission, BadScope: as they say.
        """

    @abstractmethod
    async def can(
        self, who: Principal, user: str, permission: str, *, on: str = ROOT
    ) -> Decision:
        """Decide for another user.

        Raises:
            NotAllowed: `who` lacks `authz.decision.read` there.
            UserNotFound, UnknownPermission, BadScope: as they say.
        """

    @abstractmethod
    async def who_can(
        self, who: Principal, permission: str, page: PageRequest, *, on: str = ROOT
    ) -> Page[Capable]:
        """Return the users who may do it there by name, members of groups, too.

        Who is disabled is left out: they may do nothing until they are let in again.
        Keys and runs are not listed, nor is the address known that a policy looks at.
        A page may hold fewer than asked for and still not be the last.

        Raises:
            NotAllowed: `who` lacks `authz.decision.read` there.
            UnknownPermission, BadScope: as they say.
        """
