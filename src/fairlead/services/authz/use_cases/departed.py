"""What becomes of bindings and memberships whose user or scope is gone."""

from dataclasses import dataclass
from uuid import UUID

from fairlead.kernel.principal import Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail
from fairlead.services.authz.permissions import BINDING_DELETE, MEMBER_DELETE
from fairlead.services.authz.ports import BindingStore, GroupStore
from fairlead.services.authz.use_cases.bindings import act_on
from fairlead.services.authz.use_cases.changes import NoteChange


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveUser:
    """Take away what a deleted user was given, and take them out of their groups."""

    bindings: BindingStore
    groups: GroupStore
    note_change: NoteChange
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, user_id: UUID) -> None:
        """Remove it all in the name of `who`, who deleted the user."""
        async with self.work:
            held = await self.bindings.held_by(user_id)
            for binding in held:
                await self.bindings.remove(binding.id)
                await self.trail.record(who, act_on(BINDING_DELETE, binding))
            left = await self.groups.of(user_id)
            for group in left:
                await self.groups.leave(group.id, user_id)
                act = Act(
                    action=MEMBER_DELETE,
                    target=f"groups/{group.name}",
                    details={"user_id": str(user_id)},
                )
                await self.trail.record(who, act)
            if held or left:
                await self.note_change(who)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBindings:
    """Take away what was given within a scope that is gone."""

    bindings: BindingStore
    note_change: NoteChange
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, scope: str) -> None:
        """Remove them all in the name of `who`, by whose act the scope went."""
        async with self.work:
            gone = await self.bindings.remove_within(scope)
            if gone:
                await self.note_change(who)
            for binding in gone:
                await self.trail.record(who, act_on(BINDING_DELETE, binding))
