"""Roles, and who has which where."""

from abc import abstractmethod
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal


class RoleNotFound(FairleadError):
    """No role has this name."""

    kind = ErrorKind.NOT_FOUND
    code = "authz.role_not_found"


class RoleNameTaken(FairleadError):
    """There is a role of this name."""

    kind = ErrorKind.CONFLICT
    code = "authz.role_name_taken"


class BadRole(FairleadError):
    """A role's name, permissions or included roles are not possible."""

    kind = ErrorKind.INVALID
    code = "authz.bad_role"


class RoleBuiltIn(FairleadError):
    """A built-in role can be neither changed nor deleted."""

    kind = ErrorKind.CONFLICT
    code = "authz.role_built_in"


class RoleInUse(FairleadError):
    """Somebody has the role, or another role includes it."""

    kind = ErrorKind.CONFLICT
    code = "authz.role_in_use"


class Escalation(FairleadError):
    """The caller would give away, or gain, what they do not have themselves.

    `permissions` in the details names some that they lack.
    """

    kind = ErrorKind.FORBIDDEN
    code = "authz.escalation"


class BindingNotFound(FairleadError):
    """No binding has this id."""

    kind = ErrorKind.NOT_FOUND
    code = "authz.binding_not_found"


class LastAdministrator(FairleadError):
    """The change would leave nobody who may administer."""

    kind = ErrorKind.CONFLICT
    code = "authz.last_administrator"


class HolderKind(StrEnum):
    """Who can have a role."""

    USER = "user"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A named set of permissions; `built_in` ones cannot be changed.

    Attributes:
        permissions: All it allows: its own and those of the roles it includes.
        own: What it allows by itself.
        includes: Names of the roles whose permissions it has, too.
        inert: What it is meant to allow by itself, and no loaded module declares any
            more: kept, and without effect.
    """

    name: str
    summary: str
    permissions: frozenset[str]
    built_in: bool = True
    own: frozenset[str] = frozenset()
    includes: frozenset[str] = frozenset()
    inert: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDraft:
    """What a role of one's own shall be."""

    summary: str = ""
    permissions: AbstractSet[str] = frozenset()
    includes: AbstractSet[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A user, or everybody in a group, has a role within a scope.

    `principal_id` and `principal_name` are those of the user or the group.
    """

    id: UUID
    principal_id: UUID
    principal_name: str
    role: str
    scope: str
    created_at: datetime
    principal_kind: HolderKind = HolderKind.USER


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingFilter:
    """Which bindings are wanted; None: any.

    Attributes:
        user: The name of a user: theirs and those of their groups.
        group: The name of a group.
        role: The name of a role.
        scope: Exactly this scope.
    """

    user: str | None = None
    group: str | None = None
    role: str | None = None
    scope: str | None = None


class Roles(Protocol):
    """Manages roles and bindings on behalf of a caller; may raise NotAllowed.

    Nobody gives what they do not have: whoever makes, widens or binds a role needs all
    its permissions where it shall hold, or the change is an `Escalation`.
    """

    @abstractmethod
    async def list(self, who: Principal, page: PageRequest) -> Page[Role]:
        """Return roles by name, built-in and own."""

    @abstractmethod
    async def get(self, who: Principal, name: str) -> Role:
        """Return one role.

        Raises:
            RoleNotFound: there is none of this name.
        """

    @abstractmethod
    async def create(self, who: Principal, name: str, draft: RoleDraft) -> Role:
        """Add a role.

        Raises:
            RoleNameTaken, BadRole, Escalation: as they say.
        """

    @abstractmethod
    async def update(self, who: Principal, name: str, draft: RoleDraft) -> Role:
        """Replace what a role is; who has it has the new rights at once.

        Raises:
            RoleNotFound, RoleBuiltIn, BadRole, Escalation: as they say.
            LastAdministrator: nobody would be an administrator of everything.
        """

    @abstractmethod
    async def delete(self, who: Principal, name: str) -> None:
        """Remove a role that nobody has and no other role includes.

        Raises:
            RoleNotFound, RoleBuiltIn, RoleInUse: as they say.
        """

    @abstractmethod
    async def bindings(
        self,
        who: Principal,
        page: PageRequest,
        *,
        wanted: BindingFilter = BindingFilter(),
    ) -> Page[Binding]:
        """Return bindings of the tenant by name of the holder.

        Without the permission everywhere: those in the scopes it is held in. One's
        own may always be seen, with those of one's groups.

        Raises:
            UserNotFound, GroupNotFound: there is none of a name in `wanted`.
        """

    @abstractmethod
    async def bind(
        self,
        who: Principal,
        holder: str,
        role: str,
        *,
        scope: str,
        kind: HolderKind = HolderKind.USER,
    ) -> Binding:
        """Give a user or a group a role; a second time returns the first binding.

        Raises:
            RoleNotFound, UserNotFound, GroupNotFound, BadScope, Escalation: as they
                say.
        """

    @abstractmethod
    async def unbind(self, who: Principal, binding_id: UUID) -> None:
        """Take a binding away.

        Raises:
            BindingNotFound: there is none.
            LastAdministrator: nobody else is an administrator of everything.
        """
