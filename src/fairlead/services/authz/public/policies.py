"""Policies: they take away what roles give."""

from abc import abstractmethod
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal


class PolicyNotFound(FairleadError):
    """No policy has this name."""

    kind = ErrorKind.NOT_FOUND
    code = "authz.policy_not_found"


class PolicyNameTaken(FairleadError):
    """There is a policy of this name."""

    kind = ErrorKind.CONFLICT
    code = "authz.policy_name_taken"


class BadPolicy(FairleadError):
    """A policy does not say what it must, or not in valid Cedar; where, is told."""

    kind = ErrorKind.INVALID
    code = "authz.bad_policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDraft:
    """What a policy shall be.

    Attributes:
        text: `forbid` statements in Cedar.
        permissions: What it is attached to: permissions, or `module.*`.
        enabled: It counts.
    """

    summary: str = ""
    text: str
    permissions: AbstractSet[str]
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A rule that takes away what roles give, under conditions.

    Attributes:
        text: `forbid` statements in Cedar.
        permissions: What it is attached to: permissions, or `module.*`.
        version: Counts its changes from 1.
    """

    id: UUID
    name: str
    summary: str
    text: str
    permissions: frozenset[str]
    enabled: bool
    version: int
    created_at: datetime
    updated_at: datetime


class Policies(Protocol):
    """Manages policies on behalf of a caller; every method may raise NotAllowed."""

    @abstractmethod
    async def list(self, who: Principal, page: PageRequest) -> Page[Policy]:
        """Return policies by name."""

    @abstractmethod
    async def get(self, who: Principal, name: str) -> Policy:
        """Return one policy.

        Raises:
            PolicyNotFound: there is none of this name.
        """

    @abstractmethod
    async def create(self, who: Principal, name: str, draft: PolicyDraft) -> Policy:
        """Add a policy; if enabled, it is in force for the next request.

        Raises:
            PolicyNameTaken, BadPolicy: as they say.
            LastAdministrator: it would shut out every administrator.
        """

    @abstractmethod
    async def update(
        self,
        who: Principal,
        name: str,
        draft: PolicyDraft,
        *,
        version: int | None = None,
    ) -> Policy:
        """Replace what a policy is, if it still has this `version` (None: whatever).

        Raises:
            PolicyNotFound, BadPolicy: as they say.
            PolicyChanged: somebody else changed it meanwhile.
            LastAdministrator: it would shut out every administrator.
        """

    @abstractmethod
    async def delete(self, who: Principal, name: str) -> None:
        """Remove a policy.

        Raises:
            PolicyNotFound: there is none of this name.
        """

    @abstractmethod
    async def check(self, who: Principal, draft: PolicyDraft) -> None:
        """Find out whether a policy could be stored; nothing is kept.

        Raises:
            BadPolicy: it could not.
        """


class PolicyChanged(FairleadError):
    """The policy is not the version any more that the caller saw."""

    kind = ErrorKind.CONFLICT
    code = "authz.policy_changed"
