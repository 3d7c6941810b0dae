"""What the pages below Access ask, in memory."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tests.unit.console.samples import ADA
from tests.unit.console.stand_ins import ListedUsers, only, page_of
from typing_extensions import override

from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    Capable,
    Comparisons,
    Decision,
    Decisions,
    Difference,
    Group,
    GroupNotFound,
    Groups,
    Member,
    Policies,
    Policy,
    PolicyDraft,
    PolicyNotFound,
    RoleDraft,
)
from fairlead.services.identity.public import User


@dataclass
class ListedGroups(Groups):
    """Keeps one group with one member, and what is added to it."""

    at: datetime
    items: list[Group]
    joined: list[str]

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[Group]:
        return page_of(self.items, page)

    @override
    async def get(self, who: Principal, name: str) -> Group:
        missing = GroupNotFound("There is no such group.")
        return only(self.items, lambda each: each.name == name, missing)

    @override
    async def create(self, who: Principal, name: str, *, summary: str = "") -> Group:
        made = Group(
            id=new_id(), name=name, summary=summary, members=0, created_at=self.at
        )
        self.items.append(made)
        return made

    @override
    async def update(self, who: Principal, name: str, *, summary: str) -> Group:
        found = await self.get(who, name)
        changed = replace(found, summary=summary)
        self.items[self.items.index(found)] = changed
        return changed

    @override
    async def delete(self, who: Principal, name: str) -> None:
        self.items.remove(await self.get(who, name))

    @override
    async def members(
        self, who: Principal, name: str, page: PageRequest
    ) -> Page[Member]:
        found = [
            Member(user_id=UUID(int=index), user_name=each, since=self.at)
            for index, each in enumerate(self.joined)
        ]
        return page_of(found, page)

    @override
    async def add(self, who: Principal, name: str, user: str) -> None:
        self.joined.append(user)

    @override
    async def remove(self, who: Principal, name: str, user: str) -> None:
        self.joined.remove(user)


@dataclass
class ListedPolicies(Policies):
    """Keeps policies in a list, whatever their text."""

    at: datetime
    items: list[Policy]

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[Policy]:
        return page_of(self.items, page)

    @override
    async def get(self, who: Principal, name: str) -> Policy:
        missing = PolicyNotFound("There is no such policy.")
        return only(self.items, lambda each: each.name == name, missing)

    @override
    async def create(self, who: Principal, name: str, draft: PolicyDraft) -> Policy:
        made = policy_of(name, draft, self.at)
        self.items.append(made)
        return made

    @override
    async def update(
        self,
        who: Principal,
        name: str,
        draft: PolicyDraft,
        *,
        version: int | None = None,
    ) -> Policy:
        await self.delete(who, name)
        return await self.create(who, name, draft)

    @override
    async def delete(self, who: Principal, name: str) -> None:
        self.items.remove(await self.get(who, name))

    @override
    async def check(self, who: Principal, draft: PolicyDraft) -> None:
        return None


def policy_of(name: str, draft: PolicyDraft, at: datetime) -> Policy:
    """Return a first version of a policy."""
    return Policy(
        id=new_id(),
        name=name,
        summary=draft.summary,
        text=draft.text,
        permissions=frozenset(draft.permissions),
        enabled=draft.enabled,
        version=1,
        created_at=at,
        updated_at=at,
    )


@dataclass
class PaperDecisions(Decisions, Comparisons):
    """Says that Ada may, by her role, and that she would gain what is asked."""

    binding: Binding

    @override
    async def can_i(
        self, who: Principal, permission: str, *, on: str = ROOT
    ) -> Decision:
        return await self.can(who, who.name, permission, on=on)

    @override
    async def can(
        self, who: Principal, user: str, permission: str, *, on: str = ROOT
    ) -> Decision:
        return Decision(
            allowed=user == ADA.name,
            permission=permission,
            scope=on,
            binding=self.binding if user == ADA.name else None,
            path=("admin",) if user == ADA.name else (),
            policy="",
            reason="By the role admin." if user == ADA.name else "No role gives it.",
        )

    @override
    async def who_can(
        self, who: Principal, permission: str, page: PageRequest, *, on: str = ROOT
    ) -> Page[Capable]:
        able = Capable(
            user_id=ADA.id, user_name=ADA.name, binding=self.binding, path=("admin",)
        )
        return Page(items=(able,))

    @override
    async def role(
        self, who: Principal, name: str, draft: RoleDraft | None, page: PageRequest
    ) -> Page[Difference]:
        gains = frozenset(draft.permissions) if draft else frozenset()
        change = Difference(
            user_id=ADA.id,
            user_name=ADA.name,
            scope=ROOT,
            gains=gains,
            loses=frozenset(),
        )
        return Page(items=(change,) if gains else ())

    @override
    async def module(
        self,
        who: Principal,
        name: str,
        permissions: AbstractSet[str],
        page: PageRequest,
    ) -> Page[Difference]:
        return Page(items=())


@dataclass
class NewUsers:
    """Adds users to the list, as the use case does."""

    users: ListedUsers

    async def __call__(
        self, who: Principal, name: str, password: str | None, *, email: str = ""
    ) -> User:
        """Add one."""
        return await self.users.create(who, name, password or "")


@dataclass
class GoneUsers:
    """Takes users out of the list, as the use case does."""

    users: ListedUsers

    async def __call__(self, who: Principal, name: str) -> None:
        """Take one out."""
        self.users.items.remove(await self.users.get(who, name))
