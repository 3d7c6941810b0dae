"""What authorisation hears of."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fairlead.adapters.bus.part import Subscription
from fairlead.kernel.events import Delivery, Event
from fairlead.services.authz.public import project_scope
from fairlead.services.authz.use_cases.departed import RemoveBindings, RemoveUser
from fairlead.services.identity.public import UserDeleted


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectGone(Event):
    """What matters here of an event of projects; a service imports no module."""

    topic: ClassVar[str] = "projects.project.deleted"

    project_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OnProjectGone:
    """Removes the bindings of a deleted project."""

    remove: RemoveBindings

    async def __call__(self, delivery: Delivery) -> None:
        """Remove them.

        Raises:
            TypeError: the event is no `ProjectGone` (a bug).
        """
        event = delivery.event
        if not isinstance(event, ProjectGone):
            raise TypeError(type(event))
        await self.remove(event.actor, project_scope(event.project_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnUserDeleted:
    """Removes the bindings and memberships of a deleted user."""

    remove: RemoveUser

    async def __call__(self, delivery: Delivery) -> None:
        """Remove them."""
        event = delivery.event
        if isinstance(event, UserDeleted):
            await self.remove(event.actor, event.user_id)


SUBSCRIPTIONS = (
    Subscription(
        name="authz.remove_bindings_of_deleted_users",
        event=UserDeleted,
        handler=OnUserDeleted,
    ),
    Subscription(
        name="authz.remove_bindings_of_deleted_projects",
        event=ProjectGone,
        handler=OnProjectGone,
    ),
)
