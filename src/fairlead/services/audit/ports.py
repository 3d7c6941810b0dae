"""What the trail needs from the outside, in its own words."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.services.audit.domain.chain import Seal
from fairlead.services.audit.domain.entries import EntryRecorded, Head
from fairlead.services.audit.domain.proofs import Signatures
from fairlead.services.audit.public import Anchor, Checkpoint, Entry, EntryFilter


class EntryStore(Protocol):
    """Keeps the entries of one tenant; none can be changed, and only the first go."""

    @abstractmethod
    async def head(self) -> Head:
        """Return the end of the chain; in a unit of work it stays so until its end."""

    @abstractmethod
    async def has(self, entry_id: UUID) -> bool:
        """Tell whether an entry has this id."""

    @abstractmethod
    async def append(self, entry: Entry) -> None:
        """Store the entry that follows the head."""

    @abstractmethod
    async def seal(self) -> Seal | None:
        """Return the seal that was put last; None: there never was one."""

    @abstractmethod
    async def put_seal(self, seal: Seal) -> None:
        """Replace the seal."""

    @abstractmethod
    async def list(self, wanted: EntryFilter, page: PageRequest) -> Page[Entry]:
        """Return matching entries, newest first.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def following(
        self, sequence: int, *, limit: int, wanted: EntryFilter | None = None
    ) -> tuple[Entry, ...]:
        """Return up to `limit` (matching) entries after `sequence`, in order."""

    @abstractmethod
    async def remove(self, up_to: int, *, limit: int) -> int:
        """Remove the first entries, `limit` at most, and return how many it were.

        An anchor must allow it: the store refuses to remove any after the last one's.
        """


class ProofStore(Protocol):
    """Keeps checkpoints and anchors of one tenant; none is changed or removed."""

    @abstractmethod
    async def checkpoint(self) -> Checkpoint | None:
        """Return the last checkpoint."""

    @abstractmethod
    async def checkpoints(self, after: int = 0) -> tuple[Checkpoint, ...]:
        """Return the checkpoints after number `after`, in order, at most 1,000."""

    @abstractmethod
    async def list(self, page: PageRequest) -> Page[Checkpoint]:
        """Return checkpoints, newest first.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Store the next checkpoint."""

    @abstractmethod
    async def anchor(self) -> Anchor | None:
        """Return the last anchor."""

    @abstractmethod
    async def anchors(self, after: int = 0) -> tuple[Anchor, ...]:
        """Return the anchors after number `after`, in order, at most 1,000."""

    @abstractmethod
    async def add_anchor(self, anchor: Anchor) -> None:
        """Store the next anchor: entries up to its sequence may be removed."""


class Sealer(Protocol):
    """Seals heads with a key that whoever can write the database does not have."""

    @property
    @abstractmethod
    def fresh(self) -> bool:
        """Tell whether the key was made just now, so that nothing is sealed yet."""

    @abstractmethod
    def seal(self, head: Head, tenant: TenantId) -> Seal:
        """Return the seal of `head`."""

    @abstractmethod
    def fits(self, seal: Seal, tenant: TenantId) -> bool:
        """Tell whether this key made `seal`."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """The public half of a key: its id, and 32 bytes as base64url (RFC 8037 `x`)."""

    id: str
    x: str


class Memo(Protocol):
    """Remembers the last checkpoint elsewhere than in the database.

    So a database that was emptied, or put back to an older state, is told.
    """

    @abstractmethod
    def note(self, tenant: TenantId, taken: Checkpoint) -> None:
        """Remember `taken`, which is durable in the database."""

    @abstractmethod
    def last(self, tenant: TenantId) -> Checkpoint | None:
        """Return what was remembered last; None: nothing, or nobody can read it."""


class Signer(Signatures, Protocol):
    """Signs with a key (Ed25519) whose public half anybody may have."""

    @abstractmethod
    def key_id(self) -> str:
        """Return the id of the key that signs; it is made where there is none."""

    @abstractmethod
    def sign(self, text: bytes) -> str:
        """Return the signature of `text`, in hex."""

    @abstractmethod
    def public_keys(self) -> Sequence[VerifyingKey]:
        """Return the public keys of all that ever signed here, the present one first.

        Empty until the first checkpoint.
        """


@dataclass(frozen=True, slots=True)
class Archived:
    """Where a removed part lies, and its digest as `sha256:<hex>`."""

    key: str
    digest: str


class Archive(Protocol):
    """Takes the entries that retention is about to remove."""

    @abstractmethod
    async def keep(self, key: str, lines: bytes) -> Archived:
        """Store JSON lines; durable once this returns."""


class Tenants(Protocol):
    """Knows whose trails there are; the one thing here that crosses tenants."""

    @abstractmethod
    async def recorded(self) -> tuple[TenantId, ...]:
        """Return the tenants that have entries, in the order of their ids."""


class Surroundings(Protocol):
    """Knows in what circumstances an act is recorded."""

    @abstractmethod
    def working(self) -> bool:
        """Tell whether a unit of work is open."""

    @abstractmethod
    def lost(self, recorded: EntryRecorded) -> None:
        """Leave word, elsewhere than in the database, of an act it could not take."""
