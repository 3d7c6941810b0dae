"""Checking a user name and a password."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.addresses import neighbourhood
from fairlead.kernel.clock import Clock
from fairlead.kernel.events import Outbox
from fairlead.kernel.principal import Origin, Principal, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.identity.domain import (
    ANY,
    PAIR,
    Account,
    Tallies,
    Tally,
    hashable,
    is_user_name,
    mark_of,
    spelled,
)
from fairlead.services.identity.ports import Hasher, TallyStore, UserStore
from fairlead.services.identity.public import (
    Directory,
    NewPlaceSeen,
    User,
    UserNotFound,
    WrongCode,
    WrongCredentials,
)
from fairlead.services.identity.use_cases.second import CheckSecondFactor
from fairlead.services.identity.use_cases.turnstile import Turnstile

NOBODY = "-"
MAX_ADDRESS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody shows, and from where; kept out of tracebacks."""

    password: str = field(repr=False)
    code: str | None = field(repr=False)
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCredentials:
    """Tell whose credentials these are; unknown users take as long as known ones."""

    store: UserStore
    tallies: TallyStore
    hasher: Hasher
    turnstile: Turnstile
    second: CheckSecondFactor
    outbox: Outbox
    work: UnitOfWork
    clock: Clock
    tenant_id: TenantId

    async def __call__(
        self, name: str, password: str, *, origin: Origin, code: str | None = None
    ) -> User:
        """Return the user, and count a wrong guess against account and address.

        Without a code (None) the password is enough, as for who is logged in.

        Raises:
            WrongCredentials: no such user, wrong password, or the user is disabled.
            SecondFactorNeeded, WrongCode: see `Directory.verify`.
            TooManyAttempts: the account or the address must wait, or too many hash.
        """
        given = Given(password=password, code=code, origin=origin)
        account = name.lower() if is_user_name(name) else NOBODY
        address = _address(origin)
        tallies = await self.tallies.find(account, address)
        trusted = tallies.trusts(account, address) and not tallies.suspicious
        if trusted and not code:
            return await self._guess(account, given, tallies)
        async with self.turnstile.turn(self.tenant_id, account, address):
            counted = await self.tallies.find(account, address)
            return await self._guess(account, given, counted)

    async def _guess(self, name: str, given: Given, tallies: Tallies) -> User:
        address = _address(given.origin)
        tallies.check(name, address, at=self.clock.now())
        text = spelled(given.password)
        account = await self.store.find(name)
        right = hashable(text) and await self.hasher.matches(
            text, (account.password_hash or None) if account else None
        )
        if account is None or not right or account.user.disabled:
            await self._count_wrong(name, address)
            raise WrongCredentials("The user name or the password is wrong.")
        tallies = await self.tallies.find(name, address)
        tallies.check(name, address, at=self.clock.now())
        if given.code is not None:
            try:
                await self.second(account.user, given.code)
            except WrongCode:
                await self._count_wrong(name, address, code=True)
                raise
        return await self._count_right(account, text, given.origin, tallies)

    async def _count_wrong(
        self, name: str, address: str, *, code: bool = False
    ) -> None:
        """Count a wrong guess, unless others of the same moment used up what is free.

        Raises:
            TooManyAttempts: they did; whether this one was right is not told.
        """
        now = self.clock.now()
        async with self.work:
            tallies = await self.tallies.find(name, address)
            tallies.check(name, address, at=now)
            for tally in tallies.raised(name, address, at=now, code=code):
                await self.tallies.save(tally)
            await self.tallies.purge(now - PAIR.keep)

    async def _count_right(
        self, account: Account, text: str, origin: Origin, tallies: Tallies
    ) -> User:
        """Return the user as of the password that was right."""
        user, name, address = account.user, account.user.name, _address(origin)
        counted = any(tally.wrong for tally in tallies.found if tally.account == name)
        stale = self.hasher.stale(account.password_hash)
        if not counted and not stale and tallies.trusts(name, address):
            return user
        password_hash = await self.hasher.hash(text) if stale else None
        now = self.clock.now()
        async with self.work:
            for where, trusted in ((address, True), (ANY, False)):
                tally = Tally(
                    account=name, address=where, wrong=0, last_at=now, trusted=trusted
                )
                await self.tallies.save(tally)
            if not tallies.trusts(name, address):
                await self.outbox.add(_new_place(user, origin, at=now))
            if password_hash is not None and await unchanged(self.store, user):
                await self.store.set_hash(user.id, password_hash)
                user = replace(user, password_mark=mark_of(password_hash))
        return user


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalDirectory(Directory):
    """The users of this process's database."""

    check: CheckCredentials
    store: UserStore

    @override
    async def verify(
        self, name: str, password: str, *, origin: Origin, code: str = ""
    ) -> User:
        return await self.check(name, password, origin=origin, code=code)

    @override
    async def get(self, user_id: UUID) -> User:
        user = await self.store.get(user_id)
        if user is None:
            raise UserNotFound("There is no such user.", user=str(user_id))
        return user

    @override
    async def find(self, name: str) -> User:
        return (await account_of(self.store, name)).user


def _address(origin: Origin) -> str:
    return neighbourhood(origin.address)[:MAX_ADDRESS].replace(ANY, "")


def _new_place(user: User, origin: Origin, *, at: datetime) -> NewPlaceSeen:
    who = Principal(id=user.id, name=user.name, tenant_id=user.tenant_id, origin=origin)
    return NewPlaceSeen(
        at=at,
        aggregate=str(user.id),
        actor=who,
        user_id=user.id,
        address=origin.address,
        user_agent=origin.user_agent,
    )


async def account_of(store: UserStore, name: str) -> Account:
    """Return the account of this name, whatever the case of its letters.

    Raises:
        UserNotFound: there is none, or nobody could be called so.
    """
    account = await store.find(name.lower()) if is_user_name(name) else None
    if account is None:
        raise no_user(name)
    return account


async def unchanged(store: UserStore, user: User) -> bool:
    """Tell, in the unit of work, whether the user's password is still that one."""
    latest = await store.get(user.id)
    return latest is not None and latest.password_mark == user.password_mark


def no_user(name: str) -> UserNotFound:
    """Return the error that says there is no user `name`."""
    return UserNotFound(f"There is no user '{name[:63]}'.", user=name[:63])
