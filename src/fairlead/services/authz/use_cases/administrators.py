"""Who may do everything everywhere: somebody must, always."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import MAX_LIMIT, PageRequest
from fairlead.services.authz.domain import RoleBook
from fairlead.services.authz.ports import BindingStore, GroupStore
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    HolderKind,
    LastAdministrator,
)
from fairlead.services.authz.use_cases.holdings import RoleBooks
from fairlead.services.identity.public import Departures, Directory, UserNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What is about to go: each of these that is not None.

    Attributes:
        member: The ids of a group and of a user who leaves it.
    """

    binding_id: UUID | None = None
    user_id: UUID | None = None
    group_id: UUID | None = None
    member: tuple[UUID, UUID] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrators:
    """Knows who may do everything everywhere, by themselves or by their groups.

    Who cannot log in is none: disabled users, and service accounts.
    """

    books: RoleBooks
    bindings: BindingStore
    groups: GroupStore
    directory: Directory

    async def keep(self, loss: Loss, *, after: RoleBook | None = None) -> None:
        """Let something go, or raise; inside the unit of work, before it goes.

        `after` has the roles as they will be; None: they stay.

        Raises:
            LastAdministrator: nobody would be an administrator any more.
        """
        book = await self.books.read()
        if await self._any(loss, (after or book).administrators()):
            return
        if await self._any(Loss(), book.administrators()):
            raise LastAdministrator(
                "This is the last administrator; make somebody else one first."
            )

    async def _any(self, loss: Loss, roles: frozenset[str]) -> bool:
        async for _ in self.everybody(loss, roles):
            return True
        return False

    async def everybody(self, loss: Loss, roles: frozenset[str]) -> AsyncIterator[UUID]:
        """Yield the users who have one of `roles` everywhere and can log in.

        One who has it in several ways comes several times.
        """
        for binding in await self.bindings.holders(roles, ROOT):
            if loss.binding_id == binding.id:
                continue
            async for user_id in self._behind(binding, loss):
                if user_id != loss.user_id and await self._can_log_in(user_id):
                    yield user_id

    async def _behind(self, binding: Binding, loss: Loss) -> AsyncIterator[UUID]:
        holder = binding.principal_id
        if binding.principal_kind is HolderKind.USER:
            yield holder
            return
        if holder == loss.group_id:
            return
        page, more = PageRequest(limit=MAX_LIMIT), True
        while more:
            found = await self.groups.members(holder, page)
            for member in found.items:
                if (holder, member.user_id) != loss.member:
                    yield member.user_id
            more = found.next is not None
            page = PageRequest(limit=MAX_LIMIT, after=found.next)

    async def _can_log_in(self, user_id: UUID) -> bool:
        try:
            user = await self.directory.get(user_id)
        except UserNotFound:
            return False
        return not (user.disabled or user.service)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAdministratorStays(Departures):
    """Keeps the last administrator from being shut out."""

    administrators: Administrators

    @override
    async def allow(self, user_id: UUID) -> None:
        await self.administrators.keep(Loss(user_id=user_id))
