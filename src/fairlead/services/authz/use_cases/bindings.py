"""What people can do with bindings: who has which role where."""

from dataclasses import dataclass
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.kernel.reach import Reach
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.authz.domain import checked_scope, is_name, shown
from fairlead.services.authz.permissions import (
    BINDING_CREATE,
    BINDING_DELETE,
    BINDING_READ,
)
from fairlead.services.authz.ports import BindingStore, GroupStore, Wanted
from fairlead.services.authz.public import (
    ROOT,
    Authorizer,
    Binding,
    BindingFilter,
    BindingNotFound,
    Escalation,
    HolderKind,
    LastAdministrator,
)
from fairlead.services.authz.use_cases.administrators import Administrators, Loss
from fairlead.services.authz.use_cases.changes import NoteChange
from fairlead.services.authz.use_cases.groups import known_group
from fairlead.services.authz.use_cases.holdings import Guard, RoleBooks
from fairlead.services.identity.public import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBindings:
    """Show who has which role where."""

    authorizer: Authorizer
    bindings: BindingStore
    groups: GroupStore
    directory: Directory

    async def __call__(
        self, who: Principal, wanted: BindingFilter, page: PageRequest
    ) -> Page[Binding]:
        """Return bindings by the holder's name, within the caller's reach.

        Raises:
            NotAllowed: `who` may see none, and they are not their own.
            UserNotFound, GroupNotFound: as they say.
        """
        reach = await self._reach(who, wanted)
        if wanted.role is not None and not is_name(wanted.role):
            return Page(items=())
        query = Wanted(
            holders=await self._holders(wanted),
            role=wanted.role,
            scope=None if wanted.scope is None else checked_scope(wanted.scope),
            reach=reach,
        )
        return await self.bindings.list(query, page)

    async def _holders(self, wanted: BindingFilter) -> dict[UUID, str] | None:
        """Return who is meant: a user with their groups, a group, or both at once."""
        found: dict[UUID, str] | None = None
        if wanted.user is not None:
            user = await self.directory.find(wanted.user)
            groups = await self.groups.of(user.id)
            found = {user.id: user.name} | {each.id: each.name for each in groups}
        if wanted.group is not None:
            group = await known_group(self.groups, wanted.group)
            meant = found is None or group.id in found
            found = {group.id: group.name} if meant else {}
        return found

    async def _reach(self, who: Principal, wanted: BindingFilter) -> Reach:
        if who.kind is PrincipalKind.USER and wanted.user == who.name:
            return Reach(everywhere=True)
        reach = await self.authorizer.reach(who, BINDING_READ)
        if reach.nowhere:
            await self.authorizer.require(who, BINDING_READ)
        return reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Give a user or a group a role."""

    authorizer: Authorizer
    guard: Guard
    books: RoleBooks
    bindings: BindingStore
    groups: GroupStore
    directory: Directory
    note_change: NoteChange
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(
        self,
        who: Principal,
        holder: str,
        role: str,
        *,
        scope: str,
        kind: HolderKind = HolderKind.USER,
    ) -> Binding:
        """Give `role` in `scope`, or return the binding that does so already.

        Raises:
            NotAllowed: `who` may not bind in `scope`.
            Escalation: `who` lacks some of what the role gives there.
            RoleNotFound, UserNotFound, GroupNotFound, BadScope: as they say.
        """
        scope = checked_scope(scope)
        target = f"{kind.value}s/{shown(holder.lower())}"
        await self.authorizer.require(who, BINDING_CREATE, on=scope, target=target)
        own = await self.guard.own(who)
        act = Act(
            action=BINDING_CREATE,
            target=target,
            scope=scope,
            details={kind.value: shown(holder), "role": shown(role)},
        )
        async with told(self.trail, who, act, Escalation), self.work:
            holder_id, name = await self._holder(holder, kind)
            gives = (await self.books.read()).get(role)
            own.cover(gives.permissions, on=scope)
            wanted = Binding(
                id=new_id(),
                principal_id=holder_id,
                principal_name=name,
                principal_kind=kind,
                role=gives.name,
                scope=scope,
                created_at=self.clock.now(),
            )
            binding = await self.bindings.add(wanted)
            if binding.id == wanted.id:
                await self.note_change(who)
                await self.trail.record(who, act_on(BINDING_CREATE, binding))
        return binding

    async def _holder(self, name: str, kind: HolderKind) -> tuple[UUID, str]:
        if kind is HolderKind.GROUP:
            group = await known_group(self.groups, name)
            return group.id, group.name
        user = await self.directory.find(name)
        return user.id, user.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbind:
    """Take a role away."""

    authorizer: Authorizer
    administrators: Administrators
    bindings: BindingStore
    note_change: NoteChange
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, binding_id: UUID) -> None:
        """Remove a binding.

        Raises:
            NotAllowed: `who` may not unbind in its scope.
            BindingNotFound: there is none that `who` may see.
            LastAdministrator: nobody else is an administrator of everything.
        """
        missing = BindingNotFound("There is no such binding.", binding=str(binding_id))
        binding = await self.bindings.find(binding_id)
        scope = ROOT if binding is None else binding.scope
        target = f"bindings/{binding_id}"
        await self.authorizer.require(
            who,
            BINDING_DELETE,
            on=scope,
            target=target,
            sees=BINDING_READ,
            missing=missing,
        )
        act = Act(action=BINDING_DELETE, target=target, scope=scope)
        async with told(self.trail, who, act, LastAdministrator), self.work:
            held = await self.bindings.find(binding_id)
            if held is None:
                raise missing
            await self.administrators.keep(Loss(binding_id=binding_id))
            await self.bindings.remove(binding_id)
            await self.note_change(who)
            await self.trail.record(who, act_on(BINDING_DELETE, held))


def act_on(action: str, binding: Binding) -> Act:
    """Return what the trail keeps of a binding that was made or removed."""
    return Act(
        action=action,
        target=f"bindings/{binding.id}",
        scope=binding.scope,
        details={
            binding.principal_kind.value: binding.principal_name,
            "role": binding.role,
        },
    )
