"""What people can do with roles."""

from dataclasses import dataclass

from fairlead.kernel.paging import BadPage, Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.authz.domain import RoleBook, is_name, shown
from fairlead.services.authz.permissions import (
    ROLE_CREATE,
    ROLE_DELETE,
    ROLE_READ,
    ROLE_UPDATE,
)
from fairlead.services.authz.ports import BindingStore, RoleStore
from fairlead.services.authz.public import (
    ROOT,
    Authorizer,
    Escalation,
    LastAdministrator,
    Role,
    RoleBuiltIn,
    RoleDraft,
    RoleInUse,
    RoleNameTaken,
)
from fairlead.services.authz.use_cases.administrators import Administrators, Loss
from fairlead.services.authz.use_cases.changes import NoteChange
from fairlead.services.authz.use_cases.holdings import Guard, RoleBooks


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowRoles:
    """Show the roles."""

    authorizer: Authorizer
    books: RoleBooks

    async def list(self, who: Principal, page: PageRequest) -> Page[Role]:
        """Return roles by name, built-in and own.

        Raises:
            NotAllowed: `who` may not see them.
        """
        await self.authorizer.require(who, ROLE_READ, target="roles")
        if page.after is not None and not is_name(page.after):
            raise BadPage("Use a cursor from 'next' of the page before.")
        roles = (await self.books.read()).roles
        left = sorted(name for name in roles if name > (page.after or ""))
        shown = left[: page.limit]
        return Page(
            items=tuple(roles[name] for name in shown),
            next=shown[-1] if len(left) > len(shown) else None,
        )

    async def get(self, who: Principal, name: str) -> Role:
        """Return one role.

        Raises:
            NotAllowed: `who` may not see it.
            RoleNotFound: there is none of this name.
        """
        await self.authorizer.require(who, ROLE_READ, target=_target(name))
        return (await self.books.read()).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRole:
    """Add a role of one's own."""

    authorizer: Authorizer
    guard: Guard
    books: RoleBooks
    roles: RoleStore
    note_change: NoteChange
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, name: str, draft: RoleDraft) -> Role:
        """Add it; nobody has it yet.

        Raises:
            NotAllowed: `who` may not make roles.
            Escalation: `who` does not have everything it allows, everywhere.
            RoleNameTaken, BadRole: as they say.
        """
        act = _act(ROLE_CREATE, name)
        await self.authorizer.require(who, ROLE_CREATE, target=act.target)
        own = await self.guard.own(who)
        async with told(self.trail, who, act, Escalation), self.work:
            book = await self.books.read()
            if name in book.roles:
                raise RoleNameTaken(f"There is a role '{name}' already.", role=name)
            book = book.drafted(name, draft)
            role = book.get(name)
            own.cover(role.permissions, on=ROOT)
            await self.roles.add(book.kept(name))
            await self.note_change(who)
            await self.trail.record(who, _act(ROLE_CREATE, name, role))
        return role


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRole:
    """Replace what a role of one's own is."""

    authorizer: Authorizer
    guard: Guard
    administrators: Administrators
    books: RoleBooks
    roles: RoleStore
    note_change: NoteChange
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, name: str, draft: RoleDraft) -> Role:
        """Replace it; who has it has the new rights at once.

        Raises:
            NotAllowed: `who` may not change roles.
            Escalation: `who` does not have everything it newly allows, everywhere.
            RoleNotFound, RoleBuiltIn, BadRole: as they say.
            LastAdministrator: nobody would be an administrator of everything.
        """
        act = _act(ROLE_UPDATE, name)
        await self.authorizer.require(who, ROLE_UPDATE, target=act.target)
        own = await self.guard.own(who)
        refusals = (Escalation, LastAdministrator, RoleBuiltIn)
        async with told(self.trail, who, act, *refusals), self.work:
            before = await self.books.read()
            had = before.get(name).permissions
            after = before.drafted(name, draft)
            role = after.get(name)
            own.cover(role.permissions - had, on=ROOT)
            await self._keep_an_administrator(before, after)
            await self.roles.save(after.kept(name))
            await self.note_change(who)
            await self.trail.record(who, _act(ROLE_UPDATE, name, role))
        return role

    async def _keep_an_administrator(self, before: RoleBook, after: RoleBook) -> None:
        if before.administrators() - after.administrators():
            await self.administrators.keep(Loss(), after=after)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRole:
    """Remove a role of one's own."""

    authorizer: Authorizer
    books: RoleBooks
    roles: RoleStore
    bindings: BindingStore
    note_change: NoteChange
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, name: str) -> None:
        """Remove a role that nobody has and no other role includes.

        Raises:
            NotAllowed: `who` may not delete roles.
            RoleNotFound, RoleBuiltIn, RoleInUse: as they say.
        """
        act = _act(ROLE_DELETE, name)
        await self.authorizer.require(who, ROLE_DELETE, target=act.target)
        async with told(self.trail, who, act, RoleBuiltIn, RoleInUse), self.work:
            (await self.books.read()).without(name)
            if await self.bindings.bound(name):
                raise RoleInUse(
                    f"Somebody has the role '{name}': take it away first.", role=name
                )
            await self.roles.remove(name)
            await self.note_change(who)
            await self.trail.record(who, act)


def _target(name: str) -> str:
    return f"roles/{shown(name)}"


def _act(action: str, name: str, role: Role | None = None) -> Act:
    details: dict[str, str] = {}
    if role is not None:
        details = {
            "permissions": " ".join(sorted(role.own | role.inert)),
            "includes": " ".join(sorted(role.includes)),
        }
    return Act(action=action, target=_target(name), details=details)
