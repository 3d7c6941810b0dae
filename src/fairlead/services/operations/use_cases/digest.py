"""Mailing the week to those who look after everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fairlead.kernel.ids import derived_id
from fairlead.kernel.mail import Letter, Mailer, MailRefused
from fairlead.kernel.paging import MAX_LIMIT, PageRequest
from fairlead.kernel.principal import TenantId, service
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.authz.public import Decisions
from fairlead.services.identity.permissions import USER_CREATE
from fairlead.services.identity.public import UserNotFound, Users

SEND = "operations.digest.send"
FOOTER = (
    "You get this because you may administer users here and your address is verified.\n"
    "To stop it: fairlead schedules pause operations.digest\n"
)

Parts = Mapping[str, Sequence[str]]


def written(span: str, parts: Parts) -> str:
    """Return the digest as people read it."""
    return f"The week from {span}\n" + "".join(map(_part, parts.items()))


def _part(part: tuple[str, Sequence[str]]) -> str:
    title, lines = part
    shown = "".join(f"  {line}\n" for line in lines or ["nothing"])
    return f"\n{title}\n{shown}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDigest:
    """Write to those who may administer users, at verified addresses only."""

    users: Users
    decisions: Decisions
    mailer: Mailer
    trail: AuditTrail
    tenant: TenantId

    async def recipients(self) -> Sequence[str]:
        """Return the names of those to be written to, by name."""
        who, found = service("operations", self.tenant), list[str]()
        page = PageRequest(limit=MAX_LIMIT)
        while True:
            able = await self.decisions.who_can(who, USER_CREATE, page)
            for each in able.items:
                if await self._address(each.user_name):
                    found.append(each.user_name)
            if able.next is None:
                return sorted(set(found))
            page = PageRequest(limit=MAX_LIMIT, after=able.next)

    async def send(
        self, name: str, operation_id: UUID, text: str, *, at: datetime
    ) -> str:
        """Write to one of them and return what came of it: `sent`, or why not.

        Sending again writes the same letter, by its id, which is made of the rest.

        Raises:
            MailUnavailable: try again later.
        """
        address = await self._address(name)
        if address is None:
            return "has no verified address any more"
        who = service("operations", self.tenant)
        letter = Letter(
            id=derived_id(operation_id, name, at=at),
            to=address,
            subject="Fairlead: the week",
            text=f"{text}\n-- \n{FOOTER}",
        )
        act = Act(action=SEND, target=f"users/{name}")
        try:
            async with told(self.trail, who, act, MailRefused):
                await self.mailer.send(letter)
        except MailRefused as error:
            return f"was refused: {error.message}"
        return "sent"

    async def _address(self, name: str) -> str | None:
        who = service("operations", self.tenant)
        try:
            user = await self.users.get(who, name)
        except UserNotFound:  # deleted meanwhile
            return None
        return user.email if user.email_verified and not user.disabled else None
