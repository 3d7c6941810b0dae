"""Authorisation as others see it."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Principal, TenantId
from fairlead.kernel.reach import Reach

ROOT = "/"


def project_scope(project_id: UUID) -> str:
    """Return the scope of one project."""
    return f"/projects/{project_id}"


def environment_scope(project_id: UUID, environment_id: UUID) -> str:
    """Return the scope of one environment."""
    return f"/projects/{project_id}/environments/{environment_id}"


class NotAllowed(FairleadError):
    """The caller lacks a permission; `permission` and `scope` are in the details."""

    kind = ErrorKind.FORBIDDEN
    code = "authz.not_allowed"


class RoleNotFound(FairleadError):
    """No role has this name."""

    kind = ErrorKind.NOT_FOUND
    code = "authz.role_not_found"


class BadScope(FairleadError):
    """A scope is `/`, `/projects/ID` or `/projects/ID/environments/ID`."""

    kind = ErrorKind.INVALID
    code = "authz.bad_scope"


class BindingNotFound(FairleadError):
    """No binding has this id."""

    kind = ErrorKind.NOT_FOUND
    code = "authz.binding_not_found"


class LastAdministrator(FairleadError):
    """The change would leave nobody who may administer."""

    kind = ErrorKind.CONFLICT
    code = "authz.last_administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A named set of permissions; `built_in` ones cannot be changed."""

    name: str
    summary: str
    permissions: frozenset[str]
    built_in: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A principal has a role within a scope."""

    id: UUID
    principal_id: UUID
    principal_name: str
    role: str
    scope: str
    created_at: datetime


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


class Roles(Protocol):
    """Manages roles and bindings on behalf of a caller; may raise NotAllowed."""

    @abstractmethod
    async def list(self, who: Principal) -> tuple[Role, ...]:
        """Return all roles by name."""

    @abstractmethod
    async def bindings(
        self, who: Principal, *, principal: str | None = None
    ) -> tuple[Binding, ...]:
        """Return the bindings of the tenant, or those of one user by name.

        Without the permission everywhere: those in the scopes it is held in. One's
        own may always be seen.
        """

    @abstractmethod
    async def bind(
        self, who: Principal, user: str, role: str, *, scope: str
    ) -> Binding:
        """Give a user a role in a scope; a second time returns the first binding.

        Raises:
            RoleNotFound, UserNotFound, BadScope: as they say.
        """

    @abstractmethod
    async def unbind(self, who: Principal, binding_id: UUID) -> None:
        """Take a binding away.

        Raises:
            BindingNotFound: there is none.
            LastAdministrator: nobody else is an administrator of everything.
        """
