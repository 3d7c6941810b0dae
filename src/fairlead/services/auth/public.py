"""Logging in and out as others see it."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Origin, Principal


class Unauthenticated(FairleadError):
    """No credential was given, or it is not valid (any longer)."""

    kind = ErrorKind.UNAUTHENTICATED
    code = "auth.unauthenticated"


class SessionNotFound(FairleadError):
    """No session has this id, or the caller may not see it."""

    kind = ErrorKind.NOT_FOUND
    code = "auth.session_not_found"


class PersonNeeded(FairleadError):
    """Keys and runs may not do this: it would make more of what they are."""

    kind = ErrorKind.FORBIDDEN
    code = "auth.person_needed"


class BadKey(FairleadError):
    """An API key cannot be as it was asked for; `field` is in the details."""

    kind = ErrorKind.INVALID
    code = "auth.bad_key"


class KeyNotFound(FairleadError):
    """No API key has this id, or the caller may not see it."""

    kind = ErrorKind.NOT_FOUND
    code = "auth.key_not_found"


class AddressRefused(FairleadError):
    """An API key was used from outside its networks."""

    kind = ErrorKind.FORBIDDEN
    code = "auth.address_refused"


class KeyTooBusy(FairleadError):
    """An API key is used too often, or too often at once."""

    kind = ErrorKind.THROTTLED
    code = "auth.key_too_busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """A step that is about to run.

    Attributes:
        key: The attempt, unique; asking for it again takes the first token back.
        environment: The name of what the run deploys to; may be empty.
        lifetime: How long it may run; settings may give its token less.
    """

    key: str
    operation_id: UUID
    project_id: UUID
    project: str
    environment: str
    step: str
    lifetime: timedelta


class RunIdentities(Protocol):
    """Lets steps call the server as themselves; for our own modules.

    A step reads its project and what belongs to it, and does nothing else.
    """

    @abstractmethod
    async def begin(self, order: RunOrder) -> str:
        """Return the token of a step, which no one can tell again."""

    @abstractmethod
    async def end(self, key: str) -> None:
        """Refuse a step's token from now on; none is fine."""

    @abstractmethod
    async def end_all(self, operation_id: UUID) -> None:
        """Refuse all tokens of an operation's steps from now on."""


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """One of the requests a key may have at once; whoever asks for it holds it.

    It is given back with the request's scope; a stream counts until it begins.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a log in gives.

    Attributes:
        access_token: Ed25519 JWT (`typ: at+jwt`), good until `access_expires_at`.
        refresh_token: Opaque, single use; exchange it for the next pair.
    """

    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


class Sessions(Protocol):
    """Starts, renews and ends sessions."""

    @abstractmethod
    async def login(
        self, username: str, password: str, *, origin: Origin, code: str = ""
    ) -> Tokens:
        """Begin a session; `code` is that of the second factor, for who has one.

        Raises:
            WrongCredentials, TooManyAttempts: see `identity.public`.
            SecondFactorNeeded, WrongCode: see `identity.public`.
        """

    @abstractmethod
    async def refresh(self, refresh_token: str, *, origin: Origin) -> Tokens:
        """Renew a session; using a spent token ends the whole family.

        Within 20 s of its use a spent token returns the same successor.

        Raises:
            Unauthenticated: unknown, expired, spent or revoked.
        """

    @abstractmethod
    async def logout(self, who: Principal) -> None:
        """End the caller's session; its tokens stop being accepted."""


class Verifier(Protocol):
    """Tells who holds an access token."""

    @abstractmethod
    async def principal(self, access_token: str, *, origin: Origin) -> Principal:
        """Return the caller this token stands for.

        Raises:
            Unauthenticated: it is not one of ours, expired or revoked.
        """


class BadSeed(FairleadError):
    """An entry of the settings cannot be seeded; `entry` in the details names it."""

    kind = ErrorKind.INVALID
    code = "auth.bad_seed"


class Outcome(StrEnum):
    """What became of an entry."""

    MADE = "made"
    CHANGED = "changed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedStep:
    """Something that shall be there, e.g. `role release-manager`."""

    outcome: Outcome
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """What seeding did, or would do.

    Attributes:
        password: That of the administrator, if one was made up: nobody knows it yet.
    """

    steps: tuple[SeedStep, ...]
    password: str | None = None

    @property
    def changes(self) -> bool:
        """Tell whether anything is not as it was."""
        return any(step.outcome is not Outcome.KEPT for step in self.steps)


class Seeding(Protocol):
    """Makes what the settings say shall be there; takes nothing away.

    It holds the database meanwhile, so it is for whoever has that to themselves.
    """

    @abstractmethod
    async def __call__(self, *, dry_run: bool = False) -> Seeded:
        """Do it, all or nothing; a second time changes nothing.

        With `dry_run`, everything is tried and nothing is kept.

        Raises:
            BadSeed: an entry is not possible; nothing was changed.
        """

    @abstractmethod
    async def shown(self) -> None:
        """Note that the generated password was shown to a person."""


class FirstStart(Protocol):
    """Makes an empty installation usable, where that goes without asking."""

    @abstractmethod
    async def lacks_people(self) -> bool:
        """Tell whether nobody can log in, because nobody was made yet."""

    @abstractmethod
    async def __call__(self) -> str | None:
        """Seed, if it is the first; call it at every start, it goes on where it was.

        Returns the generated password, which nobody knows yet and which is made anew
        until `shown` was called; None: there is nothing to show.

        Raises:
            BadSeed: see `Seeding`.
        """

    @abstractmethod
    async def shown(self) -> None:
        """Note that the generated password was shown to a person."""


class Recovery(Protocol):
    """The way back in for whoever runs the machine."""

    @abstractmethod
    async def reset_administrator(self) -> str:
        """Give the administrator a new password, which is returned, and the role.

        The user is made or enabled where needed; all of its sessions end, and a
        second factor is taken away.
        """
