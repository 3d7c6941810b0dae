"""Policies in memory, for tests."""

from bisect import bisect_right
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import Page, PageRequest
from fairlead.services.authz.ports import PolicyStore
from fairlead.services.authz.public import Policy, PolicyNameTaken


class MemoryPolicyStore(PolicyStore):
    """Keeps the policies of one tenant in a dict."""

    def __init__(self) -> None:
        """Start empty."""
        self._policies: dict[UUID, Policy] = {}

    @override
    async def list(self, page: PageRequest) -> Page[Policy]:
        every = self._sorted()
        begin = bisect_right([each.name for each in every], page.after or "")
        items = every[begin : begin + page.limit]
        more = len(every) > begin + page.limit
        return Page(items=items, next=items[-1].name if more else None)

    @override
    async def enabled(self) -> tuple[Policy, ...]:
        return tuple(each for each in self._sorted() if each.enabled)

    @override
    async def count(self) -> int:
        return len(self._policies)

    @override
    async def find(self, name: str) -> Policy | None:
        return next((each for each in self._sorted() if each.name == name), None)

    @override
    async def add(self, policy: Policy) -> None:
        if await self.find(policy.name) is not None:
            raise PolicyNameTaken(
                f"There is a policy '{policy.name}' already; choose another name.",
                policy=policy.name,
            )
        self._policies[policy.id] = policy

    @override
    async def save(self, policy: Policy) -> bool:
        found = self._policies.get(policy.id)
        if found is None or found.version != policy.version - 1:
            return False
        self._policies[policy.id] = policy
        return True

    @override
    async def remove(self, name: str) -> bool:
        found = await self.find(name)
        return found is not None and self._policies.pop(found.id) is not None

    def _sorted(self) -> tuple[Policy, ...]:
        return tuple(sorted(self._policies.values(), key=lambda each: each.name))
