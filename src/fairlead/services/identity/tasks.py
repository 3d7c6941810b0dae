"""What identity does when it hears that a letter is wanted."""

from dataclasses import dataclass

from fairlead.adapters.bus.part import Subscription
from fairlead.kernel.events import Delivery
from fairlead.services.identity.public import (
    EmailChanged,
    NewPlaceSeen,
    ResetAsked,
    VerificationAsked,
)
from fairlead.services.identity.use_cases.letters import (
    SendNewLogin,
    SendReset,
    SendVerification,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnVerificationWanted:
    """Hears of new addresses, and of who asks once more."""

    send: SendVerification

    async def __call__(self, delivery: Delivery) -> None:
        """Send the letter."""
        event = delivery.event
        if isinstance(event, EmailChanged | VerificationAsked):
            await self.send(event.actor, event.user_id, letter_id=delivery.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnResetAsked:
    """Hears `identity.reset.asked`."""

    send: SendReset

    async def __call__(self, delivery: Delivery) -> None:
        """Send the letter, if the address is somebody's."""
        event = delivery.event
        if isinstance(event, ResetAsked):
            await self.send(event.actor, event.email, letter_id=delivery.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnNewPlace:
    """Hears `identity.user.new_place`."""

    send: SendNewLogin

    async def __call__(self, delivery: Delivery) -> None:
        """Send the letter."""
        event = delivery.event
        if isinstance(event, NewPlaceSeen):
            await self.send(event, letter_id=delivery.id)


SUBSCRIPTIONS = (
    Subscription(
        name="identity.verify_new_addresses",
        event=EmailChanged,
        handler=OnVerificationWanted,
    ),
    Subscription(
        name="identity.verify_addresses",
        event=VerificationAsked,
        handler=OnVerificationWanted,
    ),
    Subscription(name="identity.send_resets", event=ResetAsked, handler=OnResetAsked),
    Subscription(
        name="identity.tell_new_logins", event=NewPlaceSeen, handler=OnNewPlace
    ),
)
