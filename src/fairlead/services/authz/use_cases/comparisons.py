"""What a change would change, before it is made."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from typing_extensions import override

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.domain import RoleBook
from fairlead.services.authz.domain.differences import changed, changes
from fairlead.services.authz.permissions import DECISION_READ
from fairlead.services.authz.ports.holders import HolderStore
from fairlead.services.authz.public import (
    Authorizer,
    BadRole,
    Comparisons,
    Difference,
    RoleDraft,
)
from fairlead.services.authz.use_cases.explain import ReadRights


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareBooks:
    """Tell who would gain or lose what if other roles were in force."""

    holders: HolderStore

    async def __call__(
        self, before: RoleBook, after: RoleBook, page: PageRequest
    ) -> Page[Difference]:
        """Return what changes for whom, users by name; policies are not looked at."""
        roles = changed(before, after)
        found = await self.holders.having(roles, None, page)
        held = await self.holders.rights_of([each.user_id for each in found.items])
        items = tuple(
            Difference(
                user_id=holder.user_id,
                user_name=holder.user_name,
                scope=change.scope,
                gains=change.gains,
                loses=change.loses,
            )
            for holder in found.items
            for change in changes(held.get(holder.user_id, ()), before, after)
        )
        return Page(items=items, next=found.next)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRole:
    """Tell what another form of a role would change."""

    authorizer: Authorizer
    rights: ReadRights
    compare: CompareBooks

    async def __call__(
        self, who: Principal, name: str, draft: RoleDraft | None, page: PageRequest
    ) -> Page[Difference]:
        """Compare with a role as `draft` says; None: without it.

        Raises:
            NotAllowed: `who` may not see decisions.
            BadRole, RoleBuiltIn, RoleNotFound: as they say.
            RoleInUse: another role includes the one to delete.
        """
        await self.authorizer.require(who, DECISION_READ)
        book = (await self.rights.blank(who)).roles
        after = book.without(name) if draft is None else book.drafted(name, draft)
        return await self.compare(book, after, page)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareModule:
    """Tell what another version of a module would change."""

    authorizer: Authorizer
    rights: ReadRights
    compare: CompareBooks

    async def __call__(
        self,
        who: Principal,
        name: str,
        permissions: AbstractSet[str],
        page: PageRequest,
    ) -> Page[Difference]:
        """Compare with a module that declares `permissions`, and nothing else.

        Raises:
            NotAllowed: `who` may not see decisions.
            BadRole: a permission does not begin with the module's name.
        """
        await self.authorizer.require(who, DECISION_READ)
        for permission in sorted(permissions):
            if not permission.startswith(f"{name}."):
                raise BadRole(
                    f"'{permission[:100]}' is no permission of the module "
                    f"'{name[:40]}': those begin with its name and a dot.",
                    permission=permission[:100],
                )
        book = (await self.rights.blank(who)).roles
        others = {each for each in book.declared if not each.startswith(f"{name}.")}
        after = RoleBook.of(others | permissions, book.own())
        return await self.compare(book, after, page)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalComparisons(Comparisons):
    """Compares in this process."""

    compare_role: CompareRole
    compare_module: CompareModule

    @override
    async def role(
        self,
        who: Principal,
        name: str,
        draft: RoleDraft | None,
        page: PageRequest,
    ) -> Page[Difference]:
        return await self.compare_role(who, name, draft, page)

    @override
    async def module(
        self,
        who: Principal,
        name: str,
        permissions: AbstractSet[str],
        page: PageRequest,
    ) -> Page[Difference]:
        return await self.compare_module(who, name, permissions, page)
