"""What people can do with groups."""

from dataclasses import dataclass, replace

from fairlead.kernel.clock import Clock
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.authz.domain import (
    check_name,
    check_summary,
    is_name,
    shown,
)
from fairlead.services.authz.permissions import (
    BINDING_DELETE,
    GROUP_CREATE,
    GROUP_DELETE,
    GROUP_READ,
    GROUP_UPDATE,
)
from fairlead.services.authz.ports import BindingStore, GroupStore
from fairlead.services.authz.public import (
    Authorizer,
    BadGroup,
    Binding,
    Group,
    GroupNotFound,
    LastAdministrator,
)
from fairlead.services.authz.use_cases.administrators import Administrators, Loss
from fairlead.services.authz.use_cases.changes import NoteChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowGroups:
    """Show groups."""

    authorizer: Authorizer
    groups: GroupStore

    async def list(self, who: Principal, page: PageRequest) -> Page[Group]:
        """Return groups by name.

        Raises:
            NotAllowed: `who` may not see them.
        """
        await self.authorizer.require(who, GROUP_READ)
        return await self.groups.list(page)

    async def get(self, who: Principal, name: str) -> Group:
        """Return one group.

        Raises:
            NotAllowed: `who` may not see it.
            GroupNotFound: there is none of this name.
        """
        await self.authorizer.require(who, GROUP_READ, target=target_of(name))
        return await known_group(self.groups, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGroup:
    """Add a group without members."""

    authorizer: Authorizer
    groups: GroupStore
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal, name: str, *, summary: str) -> Group:
        """Add it; nobody has any right by it yet.

        Raises:
            NotAllowed: `who` may not make groups.
            GroupNameTaken, BadGroup: as they say.
        """
        await self.authorizer.require(who, GROUP_CREATE, target=target_of(name))
        check_name(name, BadGroup, what="group")
        check_summary(summary, BadGroup)
        group = Group(
            id=new_id(),
            name=name,
            summary=summary,
            members=0,
            created_at=self.clock.now(),
        )
        async with self.work:
            await self.groups.add(group)
            await self.trail.record(who, act_of(GROUP_CREATE, name))
        return group


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateGroup:
    """Say anew what a group is for."""

    authorizer: Authorizer
    groups: GroupStore
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, name: str, *, summary: str) -> Group:
        """Replace the summary.

        Raises:
            NotAllowed: `who` may not change groups.
            GroupNotFound, BadGroup: as they say.
        """
        await self.authorizer.require(who, GROUP_UPDATE, target=target_of(name))
        check_summary(summary, BadGroup)
        async with self.work:
            group = await known_group(self.groups, name)
            await self.groups.describe(group.id, summary)
            await self.trail.record(who, act_of(GROUP_UPDATE, name))
        return replace(group, summary=summary)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteGroup:
    """Remove a group, and what its members had by it."""

    authorizer: Authorizer
    administrators: Administrators
    groups: GroupStore
    bindings: BindingStore
    note_change: NoteChange
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, name: str) -> None:
        """Remove it with its bindings.

        Raises:
            NotAllowed: `who` may not delete groups.
            GroupNotFound: there is none of this name.
            LastAdministrator: nobody else would be an administrator of everything.
        """
        act = act_of(GROUP_DELETE, name)
        await self.authorizer.require(who, GROUP_DELETE, target=act.target)
        async with told(self.trail, who, act, LastAdministrator), self.work:
            group = await known_group(self.groups, name)
            await self.administrators.keep(Loss(group_id=group.id))
            for binding in await self.bindings.held_by(group.id):
                await self.bindings.remove(binding.id)
                await self.trail.record(who, _unbound(binding))
            await self.groups.remove(group.id)
            await self.note_change(who)
            details = {"members": str(group.members)}
            await self.trail.record(who, replace(act, details=details))


async def known_group(groups: GroupStore, name: str) -> Group:
    """Return a group.

    Raises:
        GroupNotFound: there is none of this name.
    """
    group = await groups.find(name) if is_name(name) else None
    if group is None:
        raise GroupNotFound(f"There is no group '{shown(name)}'.", group=shown(name))
    return group


def target_of(name: str) -> str:
    """Return how the trail names a group, whatever somebody wrote."""
    return f"groups/{shown(name)}"


def act_of(action: str, name: str) -> Act:
    """Return what the trail keeps of something done to a group."""
    return Act(action=action, target=target_of(name))


def _unbound(binding: Binding) -> Act:
    return Act(
        action=BINDING_DELETE,
        target=f"bindings/{binding.id}",
        scope=binding.scope,
        details={"group": binding.principal_name, "role": binding.role},
    )
