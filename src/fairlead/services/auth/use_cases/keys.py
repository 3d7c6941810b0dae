"""The keys tokens are signed and verified with, held in memory."""

from dataclasses import dataclass, field

from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.ids import new_id
from fairlead.kernel.work import UnitOfWork
from fairlead.services.auth.domain import KEY_AGE, PublicKey, SigningKey
from fairlead.services.auth.ports import KeySafe, KeyStore, TokenFormat


class NoSigningKey(FairleadError):
    """No key was opened yet, so nobody can log in."""

    kind = ErrorKind.UNAVAILABLE
    code = "auth.no_signing_key"


@dataclass(slots=True)
class KeyRing:
    """All public keys by id, and the one that signs."""

    public: dict[str, PublicKey] = field(init=False, default_factory=dict)
    own: SigningKey | None = field(init=False, default=None)

    @property
    def signing(self) -> SigningKey:
        """Return the key that signs.

        Raises:
            NoSigningKey: none was opened yet.
        """
        if self.own is None:
            raise NoSigningKey("The server is still starting; try again.")
        return self.own


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenKeys:
    """Put the keys on the ring; make one where none is young enough."""

    ring: KeyRing
    store: KeyStore
    safe: KeySafe
    format: TokenFormat
    work: UnitOfWork
    clock: Clock

    async def __call__(self) -> None:
        """Fill the ring.

        A key older than `KEY_AGE`, or whose secret is gone, still verifies.
        """
        now = self.clock.now()
        known = await self.store.all()
        self.ring.public.update({key.id: key for key in known})
        for key in known:
            secret = self.safe.load(key.id)
            if secret is not None and now - key.created_at < KEY_AGE:
                self.ring.own = SigningKey(public=key, d=secret)
                return
        made = self.format.new_key(str(new_id()), at=now)
        self.safe.save(made.public.id, made.d)
        async with self.work:
            await self.store.add(made.public)
        self.ring.public[made.public.id] = made.public
        self.ring.own = made
