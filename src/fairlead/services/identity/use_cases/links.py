"""Verifying addresses and resetting passwords by tokens that were sent."""

from dataclasses import dataclass, replace

from fairlead.kernel.addresses import neighbourhood
from fairlead.kernel.clock import Clock
from fairlead.kernel.events import Outbox
from fairlead.kernel.principal import (
    Origin,
    Principal,
    PrincipalKind,
    TenantId,
    anonymous,
)
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.identity.domain import (
    Purpose,
    Requests,
    bad_token,
    digest_of,
    email_address,
    good,
)
from fairlead.services.identity.ports import (
    Hasher,
    LinkStore,
    TallyStore,
    UserStore,
)
from fairlead.services.identity.public import (
    BadToken,
    NoEmail,
    PasswordChanged,
    ResetAsked,
    User,
    UserNotFound,
    VerificationAsked,
    WeakPassword,
)
from fairlead.services.identity.use_cases.passwords import PasswordRules

ASK_VERIFICATION = "identity.user.ask_verification"
VERIFY = "identity.user.verify"
ASK_RESET = "identity.user.ask_reset"
RESET = "identity.user.reset_password"
UNKNOWN = "users/unknown"  # the target in the trail, where a letter alone would tell


@dataclass(frozen=True, slots=True, kw_only=True)
class AskVerification:
    """Have a letter sent to one's own address once more."""

    store: UserStore
    requests: Requests
    outbox: Outbox
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal) -> None:
        """Ask for it.

        Raises:
            NoEmail: the caller has no address, or it is verified.
            UserNotFound: the caller is no user.
            TooManyAttempts: there were too many letters.
        """
        user = await self.store.get(who.id)
        if user is None or who.kind is not PrincipalKind.USER:
            raise UserNotFound("Only users have an account.")
        if user.email is None or user.email_verified:
            raise NoEmail("There is no address to verify.")
        now = self.clock.now()
        self.requests.admit(user.email, neighbourhood(who.origin.address), at=now)
        async with self.work:
            await self.outbox.add(
                VerificationAsked(
                    at=now, aggregate=str(user.id), actor=who, user_id=user.id
                )
            )
            act = Act(action=ASK_VERIFICATION, target=f"users/{user.name}")
            await self.trail.record(who, act)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyEmail:
    """Find that a letter arrived."""

    store: UserStore
    links: LinkStore
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, token: str, *, origin: Origin) -> None:
        """Mark the address the token was sent to as verified; the token is spent.

        Raises:
            BadToken: unknown, used, too old, or the user has another address now.
        """
        now = self.clock.now()
        act = Act(action=VERIFY, target=UNKNOWN)
        async with told(self.trail, anonymous(origin), act, BadToken), self.work:
            found = await self.links.take(digest_of(token), Purpose.VERIFY)
            link = good(found, at=now)
            user = await self.store.get(link.user_id)
            if user is None or user.email != link.email:
                raise bad_token()
            await self.store.change(replace(user, email_verified=True))
            act = Act(action=VERIFY, target=f"users/{user.name}")
            await self.trail.record(as_user(user, origin), act)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReset:
    """Have a letter sent by which a new password can be set."""

    requests: Requests
    outbox: Outbox
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock
    tenant_id: TenantId

    async def __call__(self, email: str, *, origin: Origin) -> None:
        """Do the same whoever's address it is; only the letter tells them apart.

        Raises:
            BadEmail: it is no address.
            TooManyAttempts: too many letters to it, or for this caller.
        """
        address = email_address(email)
        now = self.clock.now()
        self.requests.admit(address, neighbourhood(origin.address), at=now)
        who = replace(anonymous(origin), tenant_id=self.tenant_id)
        async with self.work:
            await self.outbox.add(
                ResetAsked(
                    at=now, aggregate=digest_of(address), actor=who, email=address
                )
            )
            await self.trail.record(who, Act(action=ASK_RESET, target=UNKNOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPassword:
    """Set a new password with a token that was sent."""

    store: UserStore
    links: LinkStore
    tallies: TallyStore
    hasher: Hasher
    rules: PasswordRules
    outbox: Outbox
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, token: str, password: str, *, origin: Origin) -> None:
        """Replace the password, forgive wrong guesses, end all of the user's sessions.

        A password that is refused leaves the token good. Nobody is logged in by it,
        so a second factor is asked for as ever.

        Raises:
            BadToken: unknown, used or too old, or the user was shut out.
            WeakPassword: as it says.
            TooManyAttempts: too many passwords are hashed now.
        """
        digest = digest_of(token)
        act = Act(action=RESET, target=UNKNOWN)
        async with told(self.trail, anonymous(origin), act, BadToken, WeakPassword):
            user = await self._user(digest)
            text = await self.rules(as_user(user, origin), password, user=user)
            password_hash = await self.hasher.hash(text)
            async with self.work:
                await self._user(digest)
                await self.links.drop(user.id)
                await self._set(user, password_hash, origin)

    async def _user(self, digest: str) -> User:
        link = good(await self.links.find(digest, Purpose.RESET), at=self.clock.now())
        user = await self.store.get(link.user_id)
        if user is None or user.disabled or user.email != link.email:
            raise bad_token()
        return user

    async def _set(self, user: User, password_hash: str, origin: Origin) -> None:
        who = as_user(user, origin)
        await self.store.set_hash(user.id, password_hash)
        await self.tallies.clear(user.name)
        await self.outbox.add(
            PasswordChanged(
                at=self.clock.now(), aggregate=str(user.id), actor=who, user_id=user.id
            )
        )
        await self.trail.record(who, Act(action=RESET, target=f"users/{user.name}"))


def as_user(user: User, origin: Origin) -> Principal:
    """Return the principal of somebody who has shown a token that was sent to them."""
    return Principal(
        id=user.id, name=user.name, tenant_id=user.tenant_id, origin=origin
    )
