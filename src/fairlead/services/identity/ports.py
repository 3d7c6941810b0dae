"""What the use cases need from the outside, in their own words."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fairlead.kernel.mail import Letter
from fairlead.kernel.paging import Page, PageRequest
from fairlead.services.identity.domain import (
    Account,
    Factor,
    Link,
    Purpose,
    Tallies,
    Tally,
)
from fairlead.services.identity.public import User


class UserStore(Protocol):
    """Keeps the users of one tenant."""

    @abstractmethod
    async def find(self, name: str) -> Account | None:
        """Return the account of this name; None: there is none."""

    @abstractmethod
    async def get(self, user_id: UUID) -> User | None:
        """Return a user; None: there is none."""

    @abstractmethod
    async def list(self, page: PageRequest) -> Page[User]:
        """Return users by name.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def add(self, account: Account) -> None:
        """Store a new user.

        Raises:
            UserNameTaken: another user has the name.
            EmailTaken: another user has the address.
        """

    @abstractmethod
    async def find_email(self, email: str) -> User | None:
        """Return the user of an address in its one spelling; None: nobody's."""

    @abstractmethod
    async def change(self, user: User) -> None:
        """Store a user's address, whether it is verified, and preferences.

        Raises:
            EmailTaken: another user has the address.
        """

    @abstractmethod
    async def remove(self, user_id: UUID) -> None:
        """Forget a user; none is fine."""

    @abstractmethod
    async def set_disabled(self, user_id: UUID, *, disabled: bool) -> None:
        """Shut a user out, or let them in."""

    @abstractmethod
    async def set_hash(self, user_id: UUID, password_hash: str) -> None:
        """Replace the hash of a password."""


class TallyStore(Protocol):
    """Keeps wrong guesses, so that a restart forgives none."""

    @abstractmethod
    async def find(self, account: str, address: str) -> Tallies:
        """Return what is counted for the pair, the account and the address."""

    @abstractmethod
    async def save(self, tally: Tally) -> None:
        """Store a tally in place of the one for the same account and address."""

    @abstractmethod
    async def clear(self, account: str) -> None:
        """Set every tally of an account to no wrong guesses."""

    @abstractmethod
    async def purge(self, before: datetime) -> None:
        """Drop tallies whose last wrong guess was before then and trust nobody."""


class LinkStore(Protocol):
    """Keeps the tokens that were sent to users of one tenant, by their digests."""

    @abstractmethod
    async def find(self, digest: str, purpose: Purpose) -> Link | None:
        """Return what is kept of a token; None: it is unknown or was taken."""

    @abstractmethod
    async def save(self, link: Link) -> None:
        """Store a token in place of the user's last one for the same purpose."""

    @abstractmethod
    async def take(self, digest: str, purpose: Purpose) -> Link | None:
        """Return what is kept of a token and forget it; None: as for `find`."""

    @abstractmethod
    async def drop(self, user_id: UUID, purpose: Purpose | None = None) -> None:
        """Forget a user's tokens for a purpose; None: all of them."""

    @abstractmethod
    async def purge(self, before: datetime) -> None:
        """Forget tokens that were good until before then."""


class FactorStore(Protocol):
    """Keeps the authenticators of one tenant's users, and recovery codes' digests."""

    @abstractmethod
    async def find(self, user_id: UUID) -> Factor | None:
        """Return a user's authenticator; None: there is none."""

    @abstractmethod
    async def save(self, factor: Factor) -> None:
        """Store an authenticator in place of the user's last one."""

    @abstractmethod
    async def take_step(self, user_id: UUID, step: int) -> bool:
        """Note that the code of a step was used; False: it or a later one was."""

    @abstractmethod
    async def remove(self, user_id: UUID) -> None:
        """Forget a user's authenticator and recovery codes; none is fine."""

    @abstractmethod
    async def set_codes(self, user_id: UUID, digests: tuple[str, ...]) -> None:
        """Store recovery codes in place of the user's last ones."""

    @abstractmethod
    async def take_code(self, user_id: UUID, digest: str) -> bool:
        """Forget a recovery code; False: there is no such one."""

    @abstractmethod
    async def codes_left(self, user_id: UUID) -> int:
        """Return how many recovery codes a user has."""


class Safe(Protocol):
    """Seals secrets so that a copy of the database gives none away; quick."""

    @abstractmethod
    def seal(self, text: str, *, owner: str) -> str:
        """Return `text` sealed for its owner, at most 200 characters."""

    @abstractmethod
    def open(self, sealed: str, *, owner: str) -> str | None:
        """Return what was sealed; None: the key, the owner or the text differs."""


class BreachedPasswords(Protocol):
    """Knows passwords that others guess first."""

    @abstractmethod
    async def has(self, spellings: frozenset[str]) -> bool:
        """Tell whether any of these, in lowercase, is on the list."""


class Letters(Protocol):
    """Writes letters by forms."""

    @abstractmethod
    def write(self, form: str, *, letter_id: UUID, to: str, **facts: str) -> Letter:
        """Return a letter of the form `verification`, `reset` or `new_login`."""


class Hasher(Protocol):
    """Hashes passwords, slowly on purpose, a bounded number at once."""

    @abstractmethod
    async def hash(self, password: str) -> str:
        """Return a new hash.

        Raises:
            TooManyAttempts: too many wait for their turn.
        """

    @abstractmethod
    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the password has this hash; None takes as long and is False.

        Raises:
            TooManyAttempts: too many wait for their turn.
        """

    @abstractmethod
    def stale(self, password_hash: str) -> bool:
        """Tell whether the hash was made with other parameters than today's."""
