"""What people can do with roles and bindings."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.kernel.reach import Reach
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.authz.domain import ADMIN, RoleBook, checked_scope, covers
from fairlead.services.authz.permissions import (
    BINDING_CREATE,
    BINDING_DELETE,
    BINDING_READ,
    ROLE_READ,
)
from fairlead.services.authz.ports import BindingStore
from fairlead.services.authz.public import (
    ROOT,
    Authorizer,
    Binding,
    BindingNotFound,
    LastAdministrator,
    Role,
    Roles,
)
from fairlead.services.authz.use_cases.cache import GrantCache
from fairlead.services.identity.public import Departures, Directory, UserNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRoles:
    """Show the roles."""

    authorizer: Authorizer
    roles: RoleBook

    async def __call__(self, who: Principal) -> tuple[Role, ...]:
        """Return all roles by name.

        Raises:
            NotAllowed: `who` may not see them.
        """
        await self.authorizer.require(who, ROLE_READ)
        return tuple(role for _, role in sorted(self.roles.roles.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBindings:
    """Show who has which role where."""

    authorizer: Authorizer
    store: BindingStore
    directory: Directory

    async def __call__(
        self, who: Principal, *, principal: str | None = None
    ) -> tuple[Binding, ...]:
        """Return bindings, of everybody or of one user, within the caller's reach.

        Raises:
            NotAllowed: `who` may see none, and they are not their own.
            UserNotFound: there is no user of this name.
        """
        if principal == who.name and who.kind is PrincipalKind.USER:
            return await self.store.held_by(who.id)
        reach = await self.authorizer.reach(who, BINDING_READ)
        if reach == Reach(everywhere=False):
            await self.authorizer.require(who, BINDING_READ)
        if principal is None:
            found = await self.store.all()
        else:
            found = await self.store.held_by((await self.directory.find(principal)).id)
        return tuple(binding for binding in found if covers(reach, binding.scope))


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrators:
    """Knows who may do everything everywhere."""

    store: BindingStore
    directory: Directory

    async def without(
        self, *, binding_id: UUID | None = None, user_id: UUID | None = None
    ) -> bool:
        """Tell whether an enabled one would remain without this binding or user."""
        for binding in await self.store.holders(ADMIN, ROOT):
            if binding.id == binding_id or binding.principal_id == user_id:
                continue
            if await self._can_log_in(binding.principal_id):
                return True
        return False

    async def _can_log_in(self, user_id: UUID) -> bool:
        try:
            return not (await self.directory.get(user_id)).disabled
        except UserNotFound:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAdministratorStays(Departures):
    """Keeps the last administrator from being shut out."""

    administrators: Administrators
    store: BindingStore

    @override
    async def allow(self, user_id: UUID) -> None:
        holders = await self.store.holders(ADMIN, ROOT)
        if all(binding.principal_id != user_id for binding in holders):
            return
        if not await self.administrators.without(user_id=user_id):
            raise _last()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Give a user a role."""

    authorizer: Authorizer
    roles: RoleBook
    store: BindingStore
    directory: Directory
    cache: GrantCache
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(
        self, who: Principal, user: str, role: str, *, scope: str
    ) -> Binding:
        """Give `role` in `scope`, or return the binding that does so already.

        Raises:
            NotAllowed: `who` may not bind in `scope`.
            RoleNotFound, UserNotFound, BadScope: as they say.
        """
        scope = checked_scope(scope)
        await self.authorizer.require(
            who, BINDING_CREATE, on=scope, target=f"users/{user.lower()}"
        )
        role = self.roles.get(role).name
        found = await self.directory.find(user)
        wanted = Binding(
            id=new_id(),
            principal_id=found.id,
            principal_name=found.name,
            role=role,
            scope=scope,
            created_at=self.clock.now(),
        )
        async with self.work:
            binding = await self.store.add(wanted)
            if binding.id == wanted.id:
                await self.store.bump(partial(self.cache.forget, who.tenant_id))
                await self.trail.record(who, _act(BINDING_CREATE, binding))
        return binding


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbind:
    """Take a role away."""

    authorizer: Authorizer
    administrators: Administrators
    store: BindingStore
    cache: GrantCache
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
        binding = await self.store.find(binding_id)
        scope = ROOT if binding is None else binding.scope
        await self.authorizer.require(
            who,
            BINDING_DELETE,
            on=scope,
            target=f"bindings/{binding_id}",
            sees=BINDING_READ,
            missing=missing,
        )
        act = Act(action=BINDING_DELETE, target=f"bindings/{binding_id}", scope=scope)
        async with told(self.trail, who, act, LastAdministrator), self.work:
            held = await self.store.find(binding_id)
            if held is None:
                raise missing
            await self._keep_an_administrator(held)
            await self.store.remove(binding_id)
            await self.store.bump(partial(self.cache.forget, who.tenant_id))
            await self.trail.record(who, _act(BINDING_DELETE, held))

    async def _keep_an_administrator(self, binding: Binding) -> None:
        if (binding.role, binding.scope) != (ADMIN, ROOT):
            return
        if not await self.administrators.without(binding_id=binding.id):
            raise _last()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBindings:
    """Take away what was given within a scope that is gone."""

    store: BindingStore
    cache: GrantCache
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, scope: str) -> None:
        """Remove them all in the name of `who`, by whose act the scope went."""
        async with self.work:
            gone = await self.store.remove_within(scope)
            if gone:
                await self.store.bump(partial(self.cache.forget, who.tenant_id))
            for binding in gone:
                await self.trail.record(who, _act(BINDING_DELETE, binding))


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRoles(Roles):
    """Roles and bindings in this process."""

    list_roles: ListRoles
    list_bindings: ListBindings
    give: Bind
    take: Unbind

    @override
    async def list(self, who: Principal) -> tuple[Role, ...]:
        return await self.list_roles(who)

    @override
    async def bindings(
        self, who: Principal, *, principal: str | None = None
    ) -> tuple[Binding, ...]:
        return await self.list_bindings(who, principal=principal)

    @override
    async def bind(
        self, who: Principal, user: str, role: str, *, scope: str
    ) -> Binding:
        return await self.give(who, user, role, scope=scope)

    @override
    async def unbind(self, who: Principal, binding_id: UUID) -> None:
        await self.take(who, binding_id)


def _last() -> LastAdministrator:
    return LastAdministrator(
        "This is the last administrator; make somebody else one first."
    )


def _act(action: str, binding: Binding) -> Act:
    return Act(
        action=action,
        target=f"bindings/{binding.id}",
        scope=binding.scope,
        details={"user": binding.principal_name, "role": binding.role},
    )
