"""Groups and their members in memory, for tests."""

from dataclasses import replace
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import Page, PageRequest
from fairlead.services.authz.memory.paging import page_of
from fairlead.services.authz.ports import GroupStore
from fairlead.services.authz.public import Group, GroupNameTaken, Member


class MemoryGroupStore(GroupStore):
    """Keeps the groups of one tenant in dicts."""

    def __init__(self) -> None:
        """Start empty."""
        self._groups: dict[str, Group] = {}
        self._members: dict[UUID, dict[UUID, Member]] = {}

    @override
    async def list(self, page: PageRequest) -> Page[Group]:
        groups = [self._counted(each) for each in self._groups.values()]
        return page_of(groups, page, key=lambda group: group.name)

    @override
    async def find(self, name: str) -> Group | None:
        group = self._groups.get(name)
        return None if group is None else self._counted(group)

    @override
    async def add(self, group: Group) -> None:
        if group.name in self._groups:
            raise GroupNameTaken(f"There is a group '{group.name}' already.")
        self._groups[group.name] = group
        self._members[group.id] = {}

    @override
    async def describe(self, group_id: UUID, summary: str) -> None:
        for name, group in self._groups.items():
            if group.id == group_id:
                self._groups[name] = replace(group, summary=summary)

    @override
    async def remove(self, group_id: UUID) -> None:
        kept = {name: g for name, g in self._groups.items() if g.id != group_id}
        self._groups = kept
        self._members.pop(group_id, None)

    @override
    async def members(self, group_id: UUID, page: PageRequest) -> Page[Member]:
        found = self._members.get(group_id, {}).values()
        return page_of(found, page, key=lambda each: f"{each.user_name} {each.user_id}")

    @override
    async def join(self, group_id: UUID, member: Member) -> bool:
        known = self._members[group_id]
        if member.user_id in known:
            return False
        known[member.user_id] = member
        return True

    @override
    async def leave(self, group_id: UUID, user_id: UUID) -> bool:
        return self._members.get(group_id, {}).pop(user_id, None) is not None

    @override
    async def of(self, user_id: UUID) -> tuple[Group, ...]:
        ids = self.ids_of(user_id)
        groups = (self._groups[name] for name in sorted(self._groups))
        return tuple(replace(each, members=0) for each in groups if each.id in ids)

    def ids_of(self, user_id: UUID) -> frozenset[UUID]:
        """Return the ids of the groups a user is in."""
        return frozenset(
            group_id for group_id, known in self._members.items() if user_id in known
        )

    def _counted(self, group: Group) -> Group:
        return replace(group, members=len(self._members[group.id]))
