"""What the use cases need from the outside, in their own words."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Origin
from fairlead.services.auth.domain import (
    Claims,
    PublicKey,
    RefreshToken,
    Session,
    SigningKey,
    Stage,
)
from fairlead.services.auth.domain.api_keys import ApiKey
from fairlead.services.auth.domain.runs import RunIdentity


class SessionStore(Protocol):
    """Keeps the sessions of one tenant and their refresh tokens."""

    @abstractmethod
    async def add(self, session: Session, token: RefreshToken) -> None:
        """Store a new session and its first token."""

    @abstractmethod
    async def find(self, digest: str) -> tuple[Session, RefreshToken] | None:
        """Return the token of this digest and its session; None: there is none."""

    @abstractmethod
    async def spend(
        self, digest: str, *, at: datetime, following: RefreshToken
    ) -> None:
        """Mark a token as spent and store the one that follows."""

    @abstractmethod
    async def see(self, session_id: UUID, *, at: datetime, origin: Origin) -> None:
        """Note when the session was used, and from where."""

    @abstractmethod
    async def get(self, session_id: UUID) -> Session | None:
        """Return a session, also one that ended; None: there is none."""

    @abstractmethod
    async def live(
        self, user_id: UUID, *, at: datetime, page: PageRequest
    ) -> Page[Session]:
        """Return the user's sessions that have neither ended nor expired, newest first.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def end(self, session_id: UUID, *, at: datetime) -> None:
        """End a session; an ended or unknown one stays as it is."""

    @abstractmethod
    async def end_all(
        self,
        user_id: UUID,
        *,
        at: datetime,
        begun_by: datetime,
        but: UUID | None = None,
    ) -> tuple[UUID, ...]:
        """End the sessions the user had begun by then, but for one.

        Returns those that were ended.
        """

    @abstractmethod
    async def ended_since(self, at: datetime) -> tuple[UUID, ...]:
        """Return the sessions that ended at `at` or later."""

    @abstractmethod
    async def purge(self, before: datetime) -> None:
        """Forget sessions that expired before then, with their tokens."""

    @abstractmethod
    async def purge_ended(self, before: datetime) -> int:
        """Forget sessions that ended before then, with their tokens; return how many.

        Spent tokens of others stay: they tell a stolen one from a slow one.
        """


class ApiKeyStore(Protocol):
    """Keeps the API keys of one tenant; revoked ones, too."""

    @abstractmethod
    async def add(self, key: ApiKey) -> None:
        """Store a new key."""

    @abstractmethod
    async def save(self, key: ApiKey) -> None:
        """Replace the key that has the same id."""

    @abstractmethod
    async def get(self, key_id: UUID) -> ApiKey | None:
        """Return a key; None: there is none."""

    @abstractmethod
    async def by_prefix(self, prefix: str) -> ApiKey | None:
        """Return the key with this prefix; None: there is none."""

    @abstractmethod
    async def kept(self, owner_id: UUID | None, *, page: PageRequest) -> Page[ApiKey]:
        """Return the keys of an owner, or of all, that are not revoked, newest first.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def see(self, key_id: UUID, *, at: datetime, address: str) -> None:
        """Note when a key was used, and from where."""

    @abstractmethod
    async def purge(self, before: datetime) -> int:
        """Forget keys that expired or were revoked before then; return how many."""


class RunIdentityStore(Protocol):
    """Keeps the identities of the steps of one tenant that run now."""

    @abstractmethod
    async def add(self, identity: RunIdentity) -> None:
        """Store a new identity."""

    @abstractmethod
    async def get(self, identity_id: UUID) -> RunIdentity | None:
        """Return an identity; None: there is none."""

    @abstractmethod
    async def by_digest(self, digest: str) -> RunIdentity | None:
        """Return the identity with this token; None: there is none."""

    @abstractmethod
    async def drop(self, key: str) -> None:
        """Forget the identity of an attempt; none is fine."""

    @abstractmethod
    async def drop_all(self, operation_id: UUID) -> None:
        """Forget the identities of an operation's steps."""

    @abstractmethod
    async def purge(self, before: datetime) -> None:
        """Forget those that expired by then."""


class KeyStore(Protocol):
    """Keeps the public keys tokens are verified with."""

    @abstractmethod
    async def all(self) -> tuple[PublicKey, ...]:
        """Return every key, newest first."""

    @abstractmethod
    async def add(self, key: PublicKey) -> None:
        """Store a new key."""

    @abstractmethod
    async def remove(self, key_id: str) -> None:
        """Forget a key; none is fine."""


class KeySafe(Protocol):
    """Keeps the secrets of signing keys, apart from the database; quick."""

    @abstractmethod
    def load(self, key_id: str) -> str | None:
        """Return the secret of a key; None: it is not here."""

    @abstractmethod
    def save(self, key_id: str, secret: str) -> None:
        """Keep a secret, durably, where only this user can read it."""

    @abstractmethod
    def drop(self, key_id: str) -> None:
        """Forget a secret; none is fine."""


class KeyReload(Protocol):
    """Reads the keys again, which another process may have rotated."""

    @abstractmethod
    async def __call__(self) -> None:
        """Put on the ring what the store has now."""


class TokenFormat(Protocol):
    """Signs and reads access tokens."""

    @abstractmethod
    def new_key(self, key_id: str, *, at: datetime) -> SigningKey:
        """Return a new key."""

    @abstractmethod
    def sign(self, claims: Claims, key: SigningKey) -> str:
        """Return the token that says `claims`."""

    @abstractmethod
    def read(
        self, token: str, keys: Mapping[str, PublicKey], *, at: datetime
    ) -> Claims:
        """Return what a token of ours says.

        Raises:
            Unauthenticated: it is malformed, not ours, meant for others or expired.
            UnknownKey: it looks like ours, but `keys` has no such key.
        """


class InstallationStore(Protocol):
    """Remembers how far the first start of one tenant is."""

    @abstractmethod
    async def stage(self) -> Stage | None:
        """Return how far it is; None: it never began."""

    @abstractmethod
    async def reach(self, stage: Stage) -> None:
        """Note how far it is."""
