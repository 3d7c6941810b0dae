"""What people can do with the members of groups."""

from dataclasses import dataclass

from fairlead.kernel.clock import Clock
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.authz.domain import shown
from fairlead.services.authz.permissions import (
    GROUP_READ,
    MEMBER_CREATE,
    MEMBER_DELETE,
)
from fairlead.services.authz.ports import BindingStore, GroupStore
from fairlead.services.authz.public import (
    Authorizer,
    Escalation,
    LastAdministrator,
    Member,
)
from fairlead.services.authz.use_cases.administrators import Administrators, Loss
from fairlead.services.authz.use_cases.changes import NoteChange
from fairlead.services.authz.use_cases.groups import known_group, target_of
from fairlead.services.authz.use_cases.holdings import Guard, RoleBooks
from fairlead.services.identity.public import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMembers:
    """Show who is in a group."""

    authorizer: Authorizer
    groups: GroupStore

    async def __call__(
        self, who: Principal, name: str, page: PageRequest
    ) -> Page[Member]:
        """Return the members by name.

        Raises:
            NotAllowed: `who` may not see groups.
            GroupNotFound: there is none of this name.
        """
        await self.authorizer.require(who, GROUP_READ, target=target_of(name))
        group = await known_group(self.groups, name)
        return await self.groups.members(group.id, page)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMember:
    """Put a user into a group, which gives them what the group has."""

    authorizer: Authorizer
    guard: Guard
    books: RoleBooks
    groups: GroupStore
    bindings: BindingStore
    directory: Directory
    note_change: NoteChange
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal, name: str, user: str) -> None:
        """Add them; one who is in it already stays.

        Raises:
            NotAllowed: `who` may not add members.
            Escalation: `who` lacks some of what the group has, where it has it.
            GroupNotFound, UserNotFound: as they say.
        """
        act = _act(MEMBER_CREATE, name, user)
        await self.authorizer.require(who, MEMBER_CREATE, target=act.target)
        own = await self.guard.own(who)
        async with told(self.trail, who, act, Escalation), self.work:
            found = await self.directory.find(user)
            group = await known_group(self.groups, name)
            book = await self.books.read()
            for binding in await self.bindings.held_by(group.id):
                own.cover(book.permissions(binding.role), on=binding.scope)
            member = Member(
                user_id=found.id, user_name=found.name, since=self.clock.now()
            )
            if await self.groups.join(group.id, member):
                await self.note_change(who)
                await self.trail.record(who, _act(MEMBER_CREATE, name, found.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMember:
    """Take a user out of a group, and what they had by it."""

    authorizer: Authorizer
    administrators: Administrators
    groups: GroupStore
    directory: Directory
    note_change: NoteChange
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, name: str, user: str) -> None:
        """Take them out; one who is not in it is fine.

        Raises:
            NotAllowed: `who` may not remove members.
            GroupNotFound, UserNotFound: as they say.
            LastAdministrator: nobody else would be an administrator of everything.
        """
        act = _act(MEMBER_DELETE, name, user)
        await self.authorizer.require(who, MEMBER_DELETE, target=act.target)
        async with told(self.trail, who, act, LastAdministrator), self.work:
            found = await self.directory.find(user)
            group = await known_group(self.groups, name)
            await self.administrators.keep(Loss(member=(group.id, found.id)))
            if await self.groups.leave(group.id, found.id):
                await self.note_change(who)
                await self.trail.record(who, _act(MEMBER_DELETE, name, found.name))


def _act(action: str, group: str, user: str) -> Act:
    return Act(action=action, target=target_of(group), details={"user": shown(user)})
