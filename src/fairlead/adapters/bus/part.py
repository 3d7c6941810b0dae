"""What a module gives to the bus: who hears which event."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fairlead.kernel.events import Event
from fairlead.kernel.module import Part


@dataclass(frozen=True, slots=True)
class Subscription:
    """A listener.

    Attributes:
        name: Stable and unique, e.g. `pipelines.end_runs_of_deleted_projects`.
        event: The event class it hears.
        handler: A REQUEST-scoped type, `async def __call__(self, delivery: Delivery)`,
            built in a scope whose principal is `service(module)` of the event's
            tenant. It may be called again for the same delivery.
        only: Tells which events matter; the handler is not built for others.
    """

    name: str
    event: type[Event]
    handler: type[Any]
    only: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class SubscriptionPart(Part):
    """The listeners of one module."""

    subscriptions: tuple[Subscription, ...]
