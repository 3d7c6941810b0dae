"""What people can do with users."""

from dataclasses import dataclass, replace

from typing_extensions import override

from fairlead.kernel.access import Access
from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind
from fairlead.kernel.events import Outbox
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, PrincipalKind, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.identity.domain import (
    NO_HASH,
    Account,
    Purpose,
    email_address,
    user_name,
)
from fairlead.services.identity.permissions import (
    USER_CREATE,
    USER_READ,
    USER_UPDATE,
)
from fairlead.services.identity.ports import (
    Hasher,
    LinkStore,
    TallyStore,
    UserStore,
)
from fairlead.services.identity.public import (
    BadEmail,
    Departures,
    EmailChanged,
    NoPassword,
    Outranked,
    PasswordChanged,
    Takeovers,
    TooManyAttempts,
    User,
    UserDisabled,
    Users,
    WrongCredentials,
)
from fairlead.services.identity.use_cases.credentials import (
    CheckCredentials,
    account_of,
    unchanged,
)
from fairlead.services.identity.use_cases.passwords import PasswordRules

PASSWORD_SET = "identity.user.set_password"  # noqa: S105 - the name of an act


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateUser:
    """Add a user."""

    access: Access
    store: UserStore
    hasher: Hasher
    rules: PasswordRules
    outbox: Outbox
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock
    tenant_id: TenantId

    async def __call__(
        self, who: Principal, name: str, password: str | None, *, email: str = ""
    ) -> User:
        """Add a user who can log in at once; without a password, a service account.

        Raises:
            NotAllowed: `who` may not add users.
            BadUserName, UserNameTaken, WeakPassword: as they say.
            BadEmail, EmailTaken: as they say.
            TooManyAttempts: too many passwords are hashed now.
        """
        await self.access.require(who, USER_CREATE, target=_target(name))
        user = User(
            id=new_id(),
            tenant_id=self.tenant_id,
            name=user_name(name),
            disabled=False,
            created_at=self.clock.now(),
            email=email_address(email) if email else None,
            service=password is None,
        )
        account = Account(user=user, password_hash=NO_HASH)
        if password is not None:
            text = await self.rules(who, password, user=user)
            account = replace(account, password_hash=await self.hasher.hash(text))
        act = _act(USER_CREATE, user)
        async with told(self.trail, who, act, ErrorKind.CONFLICT), self.work:
            await self.store.add(account)
            if user.email is not None:
                await self.outbox.add(
                    EmailChanged(
                        at=user.created_at,
                        aggregate=str(user.id),
                        actor=who,
                        user_id=user.id,
                    )
                )
            await self.trail.record(who, act)
        return user


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUsers:
    """Show the users, or whose an address is."""

    access: Access
    store: UserStore

    async def __call__(self, who: Principal, page: PageRequest) -> Page[User]:
        """Return users by name.

        Raises:
            NotAllowed: `who` may not see them.
            BadPage: `page.after` is no cursor of this list.
        """
        await self.access.require(who, USER_READ)
        return await self.store.list(page)

    async def by_email(self, who: Principal, text: str) -> tuple[User, ...]:
        """Return the user with this address, whatever its spelling, or nobody.

        Raises:
            NotAllowed: `who` may not see users.
        """
        await self.access.require(who, USER_READ)
        try:
            user = await self.store.find_email(email_address(text))
        except BadEmail:
            return ()
        return () if user is None else (user,)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetUser:
    """Show one user."""

    access: Access
    store: UserStore

    async def __call__(self, who: Principal, name: str) -> User:
        """Return one user; everybody may see themselves.

        Raises:
            NotAllowed: `who` may not see others.
            UserNotFound: there is none.
        """
        if not _is(who, name):
            await self.access.require(who, USER_READ, target=_target(name))
        return (await account_of(self.store, name)).user


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDisabled:
    """Shut a user out, or let them in again."""

    access: Access
    store: UserStore
    departures: Departures
    outbox: Outbox
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal, name: str, *, disabled: bool) -> User:
        """Change it, end the user's sessions, and return the user as they are now.

        Raises:
            NotAllowed: `who` may not do this.
            UserNotFound: there is none.
            LastAdministrator: nobody else would be an administrator.
        """
        await self.access.require(who, USER_UPDATE, target=_target(name))
        refused = Act(action=USER_UPDATE, target=_target(name))
        async with told(self.trail, who, refused, ErrorKind.CONFLICT), self.work:
            account = await account_of(self.store, name)
            user = account.user
            if user.disabled == disabled:
                return user
            if disabled:
                await self.departures.allow(user.id)
                await self.outbox.add(
                    UserDisabled(
                        at=self.clock.now(),
                        aggregate=str(user.id),
                        actor=who,
                        user_id=user.id,
                    )
                )
            await self.store.set_disabled(user.id, disabled=disabled)
            await self.trail.record(
                who, _act(USER_UPDATE, user, disabled=str(disabled).lower())
            )
        return replace(user, disabled=disabled)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword:
    """Set one's own password, or another's."""

    access: Access
    store: UserStore
    tallies: TallyStore
    links: LinkStore
    takeovers: Takeovers
    check: CheckCredentials
    hasher: Hasher
    rules: PasswordRules
    outbox: Outbox
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(
        self, who: Principal, name: str, password: str, *, old: str | None
    ) -> None:
        """Replace the password, forgive wrong guesses, end the user's other sessions.

        What a letter offered to reset before is good no more.

        Raises:
            NotAllowed: `who` may not set another's.
            Outranked: that other may do what `who` may not.
            WrongCredentials: it is one's own, and `old` is missing or wrong.
            WeakPassword, UserNotFound, NoPassword: as they say.
            TooManyAttempts: see `Directory.verify`.
        """
        own = _is(who, name)
        if not own:
            await self.access.require(who, USER_UPDATE, target=_target(name))
        account = await account_of(self.store, name)
        user = account.user
        if user.service:
            raise NoPassword("A service account has no password; give it a key.")
        text = await self.rules(who, password, user=user)
        if own:
            user = await self._check_own(who, user, old)
        else:
            async with told(self.trail, who, _act(PASSWORD_SET, user), Outranked):
                await self.takeovers.allow(who, user)
        password_hash = await self.hasher.hash(text)
        async with self.work:
            if own and not await unchanged(self.store, user):
                raise WrongCredentials("The password was changed meanwhile.")
            await self.store.set_hash(user.id, password_hash)
            await self.tallies.clear(user.name)
            await self.links.drop(user.id, Purpose.RESET)
            await self.outbox.add(
                PasswordChanged(
                    at=self.clock.now(),
                    aggregate=str(user.id),
                    actor=who,
                    user_id=user.id,
                )
            )
            await self.trail.record(who, _act(PASSWORD_SET, user))

    async def _check_own(self, who: Principal, user: User, old: str | None) -> User:
        wrong = (WrongCredentials, TooManyAttempts)
        async with told(self.trail, who, _act(PASSWORD_SET, user), *wrong):
            if old is None:
                raise WrongCredentials("Give your old password, too.")
            return await self.check(user.name, old, origin=who.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalUsers(Users):
    """The users of this process's database, managed."""

    create_user: CreateUser
    list_users: ListUsers
    get_user: GetUser
    disable: SetDisabled
    change_password: SetPassword

    @override
    async def create(self, who: Principal, name: str, password: str) -> User:
        return await self.create_user(who, name, password)

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[User]:
        return await self.list_users(who, page)

    @override
    async def get(self, who: Principal, name: str) -> User:
        return await self.get_user(who, name)

    @override
    async def set_disabled(self, who: Principal, name: str, *, disabled: bool) -> User:
        return await self.disable(who, name, disabled=disabled)

    @override
    async def set_password(
        self, who: Principal, name: str, password: str, *, old: str | None
    ) -> None:
        await self.change_password(who, name, password, old=old)


def _is(who: Principal, name: str) -> bool:
    return who.kind is PrincipalKind.USER and who.name == name.lower()


def _target(name: str) -> str:
    return f"users/{name.lower()[:63]}"


def _act(action: str, user: User, **details: str) -> Act:
    return Act(action=action, target=f"users/{user.name}", details=details)
