"""What identity adds to the page of one's own account."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.adapters.pages.part import Card, Panel
from fairlead.kernel.principal import Principal
from fairlead.services.identity.use_cases.factors import ShowAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProfile(Panel):
    """Who one is, and how one shows it."""

    show: ShowAccount

    @override
    async def cards(self, who: Principal, subject: str) -> tuple[Card, ...]:
        user, second_factor, left = await self.show(who)
        data = {"user": user, "second_factor": second_factor, "codes_left": left}
        return (
            Card(template="identity/profile_card.html", order=10, data=data),
            Card(template="identity/log_in_card.html", order=20, data=data),
        )
