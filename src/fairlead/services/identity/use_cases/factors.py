"""Having, changing and losing a second factor."""

from dataclasses import dataclass, replace

from typing_extensions import override

from fairlead.kernel.access import Access
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.identity.domain import (
    Factor,
    enrolment,
    new_factor_secret,
    new_recovery_codes,
    recovery_digest,
    spelled,
)
from fairlead.services.identity.permissions import USER_UPDATE
from fairlead.services.identity.ports import FactorStore, Safe, UserStore
from fairlead.services.identity.public import (
    MIN_CHARACTERS,
    BadCode,
    NoSecondFactor,
    Outranked,
    SecondFactors,
    SecondFactorThere,
    Takeovers,
    TooManyAttempts,
    User,
    UserNotFound,
    WeakPassword,
    WrongCredentials,
)
from fairlead.services.identity.use_cases.credentials import (
    CheckCredentials,
    account_of,
)
from fairlead.services.identity.use_cases.second import CheckSecondFactor

BEGIN = "identity.second_factor.begin"
CONFIRM = "identity.second_factor.confirm"
REMOVE = "identity.second_factor.remove"
NEW_CODES = "identity.second_factor.new_codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The caller's own account, and that it is really them."""

    store: UserStore
    check: CheckCredentials
    trail: AuditTrail

    async def user(self, who: Principal) -> User:
        """Return the caller as a user.

        Raises:
            UserNotFound: the caller is none, but a key or a run.
        """
        user = await self.store.get(who.id)
        if user is None or who.kind is not PrincipalKind.USER:
            raise UserNotFound("Only users have an account.")
        return user

    async def confirmed(self, who: Principal, password: str, action: str) -> User:
        """Return the caller who has given their password once more.

        Raises:
            UserNotFound: as for `user`.
            WrongCredentials, TooManyAttempts: see `Directory.verify`.
        """
        user = await self.user(who)
        act = Act(action=action, target=f"users/{user.name}")
        async with told(self.trail, who, act, WrongCredentials, TooManyAttempts):
            await self.check(user.name, password, origin=who.origin)
        return user


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowAccount:
    """Show one's own account."""

    own: Own
    factors: FactorStore

    async def __call__(self, who: Principal) -> tuple[User, bool, int]:
        """Return the user, whether a code is asked for, and recovery codes left.

        Raises:
            UserNotFound: the caller is no user.
        """
        user = await self.own.user(who)
        factor = await self.factors.find(user.id)
        confirmed = factor is not None and factor.confirmed
        return user, confirmed, await self.factors.codes_left(user.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginSecondFactor:
    """Make a secret for an authenticator."""

    own: Own
    factors: FactorStore
    safe: Safe
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, password: str) -> tuple[str, str]:
        """Return the secret and its address; until a code is given it does nothing.

        Raises:
            SecondFactorThere: remove the one there is first.
            UserNotFound, WrongCredentials, TooManyAttempts: see `Own`.
        """
        user = await self.own.confirmed(who, password, BEGIN)
        secret = new_factor_secret()
        sealed = self.safe.seal(secret, owner=str(user.id))
        async with self.work:
            factor = await self.factors.find(user.id)
            if factor is not None and factor.confirmed:
                raise SecondFactorThere("You have a second factor; remove it first.")
            await self.factors.save(Factor(user_id=user.id, sealed=sealed))
            act = Act(action=BEGIN, target=f"users/{user.name}")
            await self.trail.record(who, act)
        return secret, enrolment(secret, user.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSecondFactor:
    """Show that the authenticator works; from now on it is asked for."""

    own: Own
    factors: FactorStore
    second: CheckSecondFactor
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, code: str) -> tuple[str, ...]:
        """Return recovery codes, which nobody can show again.

        Raises:
            NoSecondFactor: none was begun.
            SecondFactorThere: it is confirmed already.
            BadCode: as it says.
            UserNotFound: the caller is no user.
        """
        user = await self.own.user(who)
        factor = await self.factors.find(user.id)
        if factor is None:
            raise NoSecondFactor("Begin a second factor first.")
        if factor.confirmed:
            raise SecondFactorThere("You have a second factor already.")
        if not await self.second.taken(factor, code):
            raise BadCode("The code is wrong; is the clock of your device right?")
        made = new_recovery_codes()
        async with self.work:
            latest = await self.factors.find(user.id)
            if latest is None or latest.sealed != factor.sealed:
                raise NoSecondFactor("The second factor was begun anew meanwhile.")
            await self.factors.save(replace(latest, confirmed=True))
            await self.factors.set_codes(user.id, _digests(made))
            act = Act(action=CONFIRM, target=f"users/{user.name}")
            await self.trail.record(who, act)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecoveryCodes:
    """Replace the recovery codes."""

    own: Own
    factors: FactorStore
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, password: str) -> tuple[str, ...]:
        """Return the new ones; the old ones are good no more.

        Raises:
            NoSecondFactor: there is nothing to recover from.
            UserNotFound, WrongCredentials, TooManyAttempts: see `Own`.
        """
        user = await self.own.confirmed(who, password, NEW_CODES)
        made = new_recovery_codes()
        async with self.work:
            factor = await self.factors.find(user.id)
            if factor is None or not factor.confirmed:
                raise NoSecondFactor("You have no second factor.")
            await self.factors.set_codes(user.id, _digests(made))
            act = Act(action=NEW_CODES, target=f"users/{user.name}")
            await self.trail.record(who, act)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveSecondFactor:
    """Give up one's own second factor, or take another's who lost the device."""

    own: Own
    access: Access
    takeovers: Takeovers
    store: UserStore
    factors: FactorStore
    trail: AuditTrail
    work: UnitOfWork

    async def mine(self, who: Principal, password: str) -> None:
        """Remove the caller's own; the password must do without it from now on.

        Raises:
            WeakPassword: it is too short for that; set a longer one first.
            UserNotFound, WrongCredentials, TooManyAttempts: see `Own`.
        """
        user = await self.own.confirmed(who, password, REMOVE)
        if len(spelled(password)) < MIN_CHARACTERS:
            raise WeakPassword(
                f"Set a password of at least {MIN_CHARACTERS} characters first.",
                min_characters=MIN_CHARACTERS,
            )
        await self._remove(who, user)

    async def of(self, who: Principal, name: str) -> None:
        """Remove another's.

        Raises:
            NotAllowed: `who` may not change users.
            Outranked: that other may do what `who` may not.
            UserNotFound: there is none.
        """
        await self.access.require(who, USER_UPDATE, target=f"users/{name.lower()[:63]}")
        user = (await account_of(self.store, name)).user
        act = Act(action=REMOVE, target=f"users/{user.name}")
        async with told(self.trail, who, act, Outranked):
            await self.takeovers.allow(who, user)
        await self._remove(who, user)

    async def _remove(self, who: Principal, user: User) -> None:
        async with self.work:
            await self.factors.remove(user.id)
            act = Act(action=REMOVE, target=f"users/{user.name}")
            await self.trail.record(who, act)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSecondFactors(SecondFactors):
    """The second factors of this process's database."""

    removal: RemoveSecondFactor

    @override
    async def remove(self, who: Principal, name: str) -> None:
        await self.removal.of(who, name)


def _digests(made: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(recovery_digest(code) for code in made)
