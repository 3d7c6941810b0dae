"""The keys tokens are signed and verified with, held in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import Principal, TenantId, service
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail
from fairlead.services.auth.domain import (
    KEY_AGE,
    PublicKey,
    SigningKey,
    outlived,
    retired,
)
from fairlead.services.auth.permissions import SIGNING_KEY_ROTATE
from fairlead.services.auth.ports import KeySafe, KeyStore, TokenFormat
from fairlead.services.authz.public import Authorizer

RETIRE = "auth.signing_key.retire"


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

    def take(self, known: Iterable[PublicKey], own: SigningKey | None) -> None:
        """Verify with `known` and no others, and sign with `own` from now on."""
        self.public = {key.id: key for key in known}
        if own is not None:
            self.own = own
            self.public[own.public.id] = own.public


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadKeys:
    """Learn of keys that another process made or took away."""

    ring: KeyRing
    store: KeyStore
    safe: KeySafe

    async def __call__(self) -> None:
        """Fill the ring anew; the newest key whose secret is here signs."""
        known = await self.store.all()
        for key in known:
            secret = self.safe.load(key.id)
            if secret is not None:
                self.ring.take(known, SigningKey(public=key, d=secret))
                return
        self.ring.take(known, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKeys:
    """Sign with a new key from now on."""

    ring: KeyRing
    store: KeyStore
    safe: KeySafe
    format: TokenFormat
    authorizer: Authorizer
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal, *, at_once: bool = False) -> PublicKey:
        """Return the new key; tokens of the old ones stay good until they expire.

        With `at_once` they do not: everybody has to refresh. That is for a key that
        somebody else may have. The secrets of the old keys are gone in any case.

        Raises:
            NotAllowed: `who` may not do this.
        """
        await self.authorizer.require(who, SIGNING_KEY_ROTATE)
        now = self.clock.now()
        known = await self.store.all()
        made = self.format.new_key(str(new_id()), at=now)
        self.safe.save(made.public.id, made.d)
        gone = retired(known, at=now, at_once=at_once)
        async with self.work:
            await self.store.add(made.public)
            for key in gone:
                await self.store.remove(key.id)
            act = Act(
                action=SIGNING_KEY_ROTATE,
                target=f"signing_keys/{made.public.id}",
                details={"removed": ", ".join(key.id for key in gone)},
            )
            await self.trail.record(who, act)
        self.ring.take([key for key in known if key not in gone], made)
        for key in known:
            self.safe.drop(key.id)
        return made.public


@dataclass(frozen=True, slots=True, kw_only=True)
class TendKeys:
    """Keep the keys young, however long the server runs."""

    rotate: RotateKeys
    ring: KeyRing
    store: KeyStore
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock
    tenant_id: TenantId

    async def __call__(self) -> None:
        """Rotate a key older than `KEY_AGE`, forget those nobody verifies with."""
        now, who = self.clock.now(), service("auth", self.tenant_id)
        known = await self.store.all()
        if not known or now - known[0].created_at >= KEY_AGE:
            await self.rotate(who)
            return
        gone = outlived(known, at=now)
        if not gone:
            return
        async with self.work:
            for key in gone:
                await self.store.remove(key.id)
                act = Act(action=RETIRE, target=f"signing_keys/{key.id}")
                await self.trail.record(who, act)
        self.ring.take([key for key in known if key not in gone], None)


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
