"""Users as others see them."""

from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.events import Event
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Origin, Principal, TenantId

MIN_CHARACTERS = 15
"""Of a password that stands alone (NIST SP 800-63B-4)."""
MIN_WITH_SECOND_FACTOR = 8
"""Of a password beside a second factor."""


class WrongCredentials(FairleadError):
    """The user name or the password is wrong; which one is never told."""

    kind = ErrorKind.UNAUTHENTICATED
    code = "identity.wrong_credentials"


class WrongCode(WrongCredentials):
    """The code of the second factor is wrong, old or used."""

    code = "identity.wrong_code"


class BadCode(FairleadError):
    """The first code of an authenticator is wrong; the caller stays logged in."""

    kind = ErrorKind.INVALID
    code = "identity.bad_code"


class SecondFactorNeeded(FairleadError):
    """The password is right; a code is needed, too."""

    kind = ErrorKind.UNAUTHENTICATED
    code = "identity.second_factor_needed"


class SecondFactorThere(FairleadError):
    """There is a second factor already."""

    kind = ErrorKind.CONFLICT
    code = "identity.second_factor_there"


class NoSecondFactor(FairleadError):
    """There is no second factor, or none was begun."""

    kind = ErrorKind.CONFLICT
    code = "identity.no_second_factor"


class TooManyAttempts(FairleadError):
    """Too many wrong passwords; `retry_after` (seconds) is in the details."""

    kind = ErrorKind.THROTTLED
    code = "identity.too_many_attempts"


class UserNotFound(FairleadError):
    """No user has this name or id."""

    kind = ErrorKind.NOT_FOUND
    code = "identity.user_not_found"


class Outranked(FairleadError):
    """A user has rights that the caller lacks, so the caller may not become them."""

    kind = ErrorKind.FORBIDDEN
    code = "identity.outranked"


class UserNameTaken(FairleadError):
    """Another user has this name."""

    kind = ErrorKind.CONFLICT
    code = "identity.user_name_taken"


class BadUserName(FairleadError):
    """The name breaks the rule for user names."""

    kind = ErrorKind.INVALID
    code = "identity.bad_user_name"


class WeakPassword(FairleadError):
    """The password is too short, too long or well known."""

    kind = ErrorKind.INVALID
    code = "identity.weak_password"


class EmailTaken(FairleadError):
    """Another user has this address."""

    kind = ErrorKind.CONFLICT
    code = "identity.email_taken"


class BadEmail(FairleadError):
    """The text is no email address, or one that looks like another."""

    kind = ErrorKind.INVALID
    code = "identity.bad_email"


class BadPreference(FairleadError):
    """The locale or the time zone is none."""

    kind = ErrorKind.INVALID
    code = "identity.bad_preference"


class NoEmail(FairleadError):
    """There is no address that could be verified."""

    kind = ErrorKind.CONFLICT
    code = "identity.no_email"


class BadToken(FairleadError):
    """A token that was sent is unknown, used or too old; which, is not told."""

    kind = ErrorKind.INVALID
    code = "identity.bad_token"


class NoPassword(FairleadError):
    """A service account has no password and cannot be given one."""

    kind = ErrorKind.CONFLICT
    code = "identity.no_password"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who can log in, or a service account, which works by keys alone.

    Attributes:
        email: In its one spelling; unique in the tenant. None: none is known.
        email_verified: Mail sent there was answered.
        locale: A language tag; empty: the client's.
        time_zone: Its name; empty: the client's.
        service: It is a service account and has no password.
        password_mark: Another one after each change of the password, of which it
            tells nothing.
    """

    id: UUID
    tenant_id: TenantId
    name: str
    disabled: bool
    created_at: datetime
    email: str | None = None
    email_verified: bool = False
    locale: str = ""
    time_zone: str = ""
    service: bool = False
    password_mark: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDisabled(Event):
    """A user was shut out; sessions of theirs should end."""

    topic: ClassVar[str] = "identity.user.disabled"

    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeleted(Event):
    """A user is gone; sessions, bindings and keys of theirs should go, too."""

    topic: ClassVar[str] = "identity.user.deleted"

    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChanged(Event):
    """A user has a new address, which nobody has verified yet."""

    topic: ClassVar[str] = "identity.user.email_changed"

    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationAsked(Event):
    """A user wants another letter that verifies the address."""

    topic: ClassVar[str] = "identity.verification.asked"

    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetAsked(Event):
    """Somebody wants a new password for whoever has this address, if anybody."""

    topic: ClassVar[str] = "identity.reset.asked"

    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlaceSeen(Event):
    """A user gave the right credentials from an address they never came from."""

    topic: ClassVar[str] = "identity.user.new_place"

    user_id: UUID
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Event):
    """A user has a new password; other sessions than the actor's should end."""

    topic: ClassVar[str] = "identity.user.password_changed"

    user_id: UUID


class Departures(Protocol):
    """Tells whether a user may be shut out; answered by the authorisation service."""

    @abstractmethod
    async def allow(self, user_id: UUID) -> None:
        """Let the user go, or raise; called inside the unit of work that does it.

        Raises:
            LastAdministrator: nobody else would be an administrator of everything.
        """


class Takeovers(Protocol):
    """Tells whether a caller may act on what keeps others out of a user's account.

    Whoever sets a user's password or address, or removes the second factor, can be
    that user; it is no way to rights one does not have. Auth answers.
    """

    @abstractmethod
    async def allow(self, who: Principal, user: User) -> None:
        """Let the caller go on, or raise.

        Raises:
            Outranked: the user has a right somewhere that `who` does not have there,
                or is `who`, or the owner of the key that `who` is: one's own account
                asks for the password.
        """


class Directory(Protocol):
    """Knows users; for our own services, so nothing is authorised here."""

    @abstractmethod
    async def verify(
        self, name: str, password: str, *, origin: Origin, code: str = ""
    ) -> User:
        """Return the user these credentials belong to, in equal time for unknown ones.

        Raises:
            WrongCredentials: no such user, wrong password, or the user is disabled.
            SecondFactorNeeded: that is all right, and `code` is missing.
            WrongCode: only the code is wrong; it is counted like a wrong password.
            TooManyAttempts: this account or address is locked out for a while, or
                the hashing pool is full.
        """

    @abstractmethod
    async def get(self, user_id: UUID) -> User:
        """Return a user.

        Raises:
            UserNotFound: there is none.
        """

    @abstractmethod
    async def find(self, name: str) -> User:
        """Return a user by name, whatever the case of its letters.

        Raises:
            UserNotFound: there is none.
        """


class Users(Protocol):
    """Manages users on behalf of a caller; every method may raise NotAllowed."""

    @abstractmethod
    async def create(self, who: Principal, name: str, password: str) -> User:
        """Add a user.

        Raises:
            BadUserName, UserNameTaken, WeakPassword: as they say.
        """

    @abstractmethod
    async def list(self, who: Principal, page: PageRequest) -> Page[User]:
        """Return users by name."""

    @abstractmethod
    async def get(self, who: Principal, name: str) -> User:
        """Return one user.

        Raises:
            UserNotFound: there is none.
        """

    @abstractmethod
    async def set_disabled(self, who: Principal, name: str, *, disabled: bool) -> User:
        """Shut a user out, or let them in again. The last administrator stays.

        Raises:
            UserNotFound: there is none.
        """

    @abstractmethod
    async def set_password(
        self, who: Principal, name: str, password: str, *, old: str | None
    ) -> None:
        """Set a password; one's own needs the `old` one, another's the permission.

        Raises:
            WrongCredentials: `old` is wrong.
            WeakPassword, UserNotFound: as they say.
        """


class SecondFactors(Protocol):
    """Takes second factors away on behalf of a caller; may raise NotAllowed."""

    @abstractmethod
    async def remove(self, who: Principal, name: str) -> None:
        """Have a user log in without a code; none to remove is fine.

        Raises:
            UserNotFound: there is none.
        """


class Mailboxes(Protocol):
    """Gives users addresses on behalf of a caller; may raise NotAllowed."""

    @abstractmethod
    async def give(self, who: Principal, name: str, email: str) -> bool:
        """Give a user who has no address this one; tell whether that was so.

        Raises:
            UserNotFound, BadEmail, EmailTaken: as they say.
        """
