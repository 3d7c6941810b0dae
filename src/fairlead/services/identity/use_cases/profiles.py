"""Users' addresses and preferences, and users who leave."""

from dataclasses import dataclass, replace

from fairlead.kernel.access import Access
from fairlead.kernel.addresses import neighbourhood
from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind
from fairlead.kernel.events import Outbox
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.identity.domain import (
    Requests,
    checked_locale,
    checked_zone,
    email_address,
)
from fairlead.services.identity.permissions import USER_DELETE, USER_UPDATE
from fairlead.services.identity.ports import (
    FactorStore,
    LinkStore,
    TallyStore,
    UserStore,
)
from fairlead.services.identity.public import (
    Departures,
    EmailChanged,
    Outranked,
    Takeovers,
    TooManyAttempts,
    User,
    UserDeleted,
    WrongCredentials,
)
from fairlead.services.identity.use_cases.credentials import (
    CheckCredentials,
    account_of,
    no_user,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What becomes of a profile; None: it stays, empty: there is none any more."""

    email: str | None = None
    locale: str | None = None
    time_zone: str | None = None

    def of(self, user: User) -> User:
        """Return the user as they would be.

        Raises:
            BadEmail, BadPreference: as they say.
        """
        if self.email is not None:
            email = email_address(self.email) if self.email else None
            if email != user.email:
                user = replace(user, email=email, email_verified=False)
        if self.locale is not None:
            user = replace(user, locale=checked_locale(self.locale))
        if self.time_zone is not None:
            user = replace(user, time_zone=checked_zone(self.time_zone))
        return user

    def again(self, user: User, wanted: User) -> User:
        """Return `user`, read anew, with only what was asked to change changed."""
        if self.email is not None and user.email != wanted.email:
            user = replace(user, email=wanted.email, email_verified=False)
        return replace(
            user,
            locale=user.locale if self.locale is None else wanted.locale,
            time_zone=user.time_zone if self.time_zone is None else wanted.time_zone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateUser:
    """Change one's own profile, or another's."""

    access: Access
    store: UserStore
    takeovers: Takeovers
    requests: Requests
    check: CheckCredentials
    outbox: Outbox
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(
        self, who: Principal, name: str, changes: Changes, *, password: str | None
    ) -> User:
        """Return the user as they are now; a new address is not verified yet.

        One's own address needs the `password`: it is a way to a new one.

        Raises:
            NotAllowed: `who` may not change others.
            Outranked: it is the address of somebody who may do what `who` may not.
            UserNotFound, EmailTaken, BadEmail, BadPreference: as they say.
            WrongCredentials: the password is needed, and missing or wrong.
            TooManyAttempts: see `Directory.verify`; or there were too many letters.
        """
        target = f"users/{name.lower()[:63]}"
        own = who.kind is PrincipalKind.USER and who.name == name.lower()
        if not own:
            await self.access.require(who, USER_UPDATE, target=target)
        account = await account_of(self.store, name)
        wanted = changes.of(account.user)
        act = Act(
            action=USER_UPDATE, target=target, details=_told(account.user, wanted)
        )
        if wanted.email == account.user.email:
            changes = replace(changes, email=None)
        elif own:
            await self._confirm(who, wanted, password, act)
        else:
            async with told(self.trail, who, act, Outranked):
                await self.takeovers.allow(who, account.user)
        async with told(self.trail, who, act, ErrorKind.CONFLICT), self.work:
            latest = await self.store.get(wanted.id)
            if latest is None:
                raise no_user(name)
            user = changes.again(latest, wanted)
            moved = user.email != latest.email
            await self.store.change(user)
            if moved:
                await self.outbox.add(
                    EmailChanged(
                        at=self.clock.now(),
                        aggregate=str(user.id),
                        actor=who,
                        user_id=user.id,
                    )
                )
            await self.trail.record(who, act)
        return user

    async def _confirm(
        self, who: Principal, user: User, password: str | None, act: Act
    ) -> None:
        async with told(self.trail, who, act, WrongCredentials, TooManyAttempts):
            if password is None:
                raise WrongCredentials("Give your password, too.")
            await self.check(user.name, password, origin=who.origin)
            if user.email is not None:
                place = neighbourhood(who.origin.address)
                self.requests.admit(user.email, place, at=self.clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteUser:
    """Forget a user."""

    access: Access
    store: UserStore
    tallies: TallyStore
    links: LinkStore
    factors: FactorStore
    departures: Departures
    outbox: Outbox
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal, name: str) -> None:
        """Remove a user, whose sessions and bindings go at once; the trail stays.

        Raises:
            NotAllowed: `who` may not do this.
            UserNotFound: there is none.
            LastAdministrator: nobody else would be an administrator.
        """
        target = f"users/{name.lower()[:63]}"
        await self.access.require(who, USER_DELETE, target=target)
        act = Act(action=USER_DELETE, target=target)
        async with told(self.trail, who, act, ErrorKind.CONFLICT), self.work:
            account = await account_of(self.store, name)
            user = account.user
            await self.departures.allow(user.id)
            await self.outbox.add(
                UserDeleted(
                    at=self.clock.now(),
                    aggregate=str(user.id),
                    actor=who,
                    user_id=user.id,
                )
            )
            await self.store.remove(user.id)
            await self.tallies.clear(user.name)
            await self.links.drop(user.id)
            await self.factors.remove(user.id)
            await self.trail.record(who, replace(act, details={"id": str(user.id)}))


def _told(before: User, after: User) -> dict[str, str]:
    """Name what changed; addresses are not for the trail, which is never erased."""
    names = ("email", "locale", "time_zone")
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    return {"changed": ", ".join(changed)}
