"""What can be scheduled, from the container."""

from dataclasses import dataclass

from dishka import AsyncContainer
from typing_extensions import override

from fairlead.adapters.schedules.part import SchedulableTypes
from fairlead.kernel.schedules import Schedulable
from fairlead.services.operations.domain.schedule import BadSchedule
from fairlead.services.operations.ports import Kinds


@dataclass(frozen=True, slots=True)
class ContainerKinds(Kinds):
    """Builds the types modules offer, in the scope at hand."""

    container: AsyncContainer
    types: SchedulableTypes

    @override
    async def get(self, kind: str) -> Schedulable:
        found = self.types.types.get(kind)
        if found is None:
            known = ", ".join(sorted(self.types.types)) or "nothing"
            raise BadSchedule(
                f"'{kind[:100]}' cannot be scheduled; there is {known}.",
                kind=kind[:100],
            )
        built: Schedulable = await self.container.get(found)
        return built
