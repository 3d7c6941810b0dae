"""What the trail needs from the outside, in its own words."""

from abc import abstractmethod
from typing import Protocol
from uuid import UUID

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.services.audit.domain import EntryRecorded, Head, Seal
from fairlead.services.audit.public import Entry, EntryFilter


class EntryStore(Protocol):
    """Keeps the entries of one tenant; there is no way to change or remove one."""

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
    async def following(self, sequence: int, *, limit: int) -> tuple[Entry, ...]:
        """Return up to `limit` entries after `sequence`, in order."""


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


class Surroundings(Protocol):
    """Knows in what circumstances an act is recorded."""

    @abstractmethod
    def working(self) -> bool:
        """Tell whether a unit of work is open."""

    @abstractmethod
    def lost(self, recorded: EntryRecorded) -> None:
        """Leave word, elsewhere than in the database, of an act it could not take."""
