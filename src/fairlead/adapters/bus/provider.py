"""What the bus gives to the container."""

from collections.abc import Iterable, Mapping

from dishka import Provider, Scope, provide

from fairlead.adapters.bus.inbox import Inbox
from fairlead.adapters.bus.lanes import Retries, Subscriber
from fairlead.adapters.bus.outbox import SqlOutbox
from fairlead.adapters.bus.part import Subscription
from fairlead.adapters.bus.relay import OutboxRelay, Subscribers
from fairlead.adapters.bus.signal import OutboxSignal
from fairlead.adapters.sql.connection import Connection
from fairlead.kernel.events import Outbox


class BusProvider(Provider):
    """One relay per process; an outbox and an inbox per request."""

    signal = provide(OutboxSignal, scope=Scope.APP)
    relay = provide(OutboxRelay, scope=Scope.APP)
    inbox = provide(Inbox, scope=Scope.REQUEST)

    def __init__(self, subscriptions: Mapping[str, Iterable[Subscription]]) -> None:
        """Deliver to the `subscriptions` of each module."""
        super().__init__()
        self._subscribers = Subscribers(
            tuple(
                Subscriber(module, subscription)
                for module, heard in subscriptions.items()
                for subscription in heard
            )
        )

    @provide(scope=Scope.APP)
    def subscribers(self) -> Subscribers:
        """Name who hears what."""
        return self._subscribers

    @provide(scope=Scope.APP)
    def retries(self) -> Retries:
        """Try again soon at first, then ever more rarely."""
        return Retries()

    @provide(scope=Scope.REQUEST)
    def outbox(self, connection: Connection, signal: OutboxSignal) -> Outbox:
        """Write into the request's unit of work."""
        return SqlOutbox(connection, signal.wake)
