"""What the trail hears of."""

from fairlead.adapters.bus.part import Subscription
from fairlead.services.audit.domain import EntryRecorded
from fairlead.services.audit.use_cases import AppendEntry

SUBSCRIPTIONS = (
    Subscription(name="audit.append", event=EntryRecorded, handler=AppendEntry),
)
