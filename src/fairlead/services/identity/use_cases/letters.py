"""Sending letters, as subscribers do: again until they are handed over."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.mail import Letter, Mailer, MailRefused
from fairlead.kernel.principal import Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.identity.domain import (
    RESET_WITHIN,
    VERIFY_WITHIN,
    Purpose,
    sent_to,
)
from fairlead.services.identity.ports import Letters, LinkStore, UserStore
from fairlead.services.identity.public import NewPlaceSeen, User

SEND = "identity.letter.send"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Hands letters over; what is refused for good is recorded, not tried again."""

    mailer: Mailer
    trail: AuditTrail

    async def __call__(self, who: Principal, user: User, letter: Letter) -> None:
        """Send it.

        Raises:
            MailUnavailable: try again later.
        """
        act = Act(action=SEND, target=f"users/{user.name}")
        try:
            async with told(self.trail, who, act, MailRefused):
                await self.mailer.send(letter)
        except MailRefused:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class SendVerification:
    """Send the letter that verifies an address."""

    store: UserStore
    links: LinkStore
    letters: Letters
    post: Post
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal, user_id: UUID, *, letter_id: UUID) -> None:
        """Send it, unless there is no address to verify any more.

        The token is made here, so nothing that waits to be sent holds one; a second
        attempt makes another, and only the last one counts.
        """
        user = await self.store.get(user_id)
        if user is None or user.email is None or user.email_verified:
            return
        now = self.clock.now()
        token, link = sent_to(user.id, user.email, Purpose.VERIFY, at=now)
        async with self.work:
            await self.links.purge(now)
            await self.links.save(link)
        letter = self.letters.write(
            "verification",
            letter_id=letter_id,
            to=user.email,
            name=user.name,
            token=token,
            hours=str(VERIFY_WITHIN // HOUR),
        )
        await self.post(who, user, letter)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReset:
    """Send the letter by which a new password is set."""

    store: UserStore
    links: LinkStore
    letters: Letters
    post: Post
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal, email: str, *, letter_id: UUID) -> None:
        """Send it to a verified address of somebody who may log in, or nowhere."""
        user = await self.store.find_email(email)
        if user is None or not user.email_verified or user.disabled or user.service:
            return
        now = self.clock.now()
        token, link = sent_to(user.id, email, Purpose.RESET, at=now)
        async with self.work:
            await self.links.purge(now)
            await self.links.save(link)
        letter = self.letters.write(
            "reset",
            letter_id=letter_id,
            to=email,
            name=user.name,
            token=token,
            minutes=str(RESET_WITHIN // MINUTE),
        )
        await self.post(who, user, letter)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNewLogin:
    """Tell somebody that they logged in from a place they never came from."""

    store: UserStore
    letters: Letters
    post: Post

    async def __call__(self, event: NewPlaceSeen, *, letter_id: UUID) -> None:
        """Send it to a verified address, or nowhere."""
        user = await self.store.get(event.user_id)
        if user is None or user.email is None or not user.email_verified:
            return
        letter = self.letters.write(
            "new_login",
            letter_id=letter_id,
            to=user.email,
            name=user.name,
            at=f"{event.at:%Y-%m-%d %H:%M} UTC",
            address=event.address,
            program=event.user_agent or "unknown",
        )
        await self.post(event.actor, user, letter)
