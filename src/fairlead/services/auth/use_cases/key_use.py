"""Using an API key: who calls with it, and what they may."""

from dataclasses import dataclass
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Origin, Principal, PrincipalKind
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, refused
from fairlead.services.auth.domain import not_valid
from fairlead.services.auth.domain.api_keys import (
    EVERYTHING,
    SEEN,
    ApiKey,
    KeyGates,
    prefix_of,
)
from fairlead.services.auth.domain.runs import RUN_ROLE
from fairlead.services.auth.ports import ApiKeyStore, RunIdentityStore
from fairlead.services.auth.public import AddressRefused, KeyTooBusy
from fairlead.services.authz.public import Delegation, Delegations
from fairlead.services.identity.public import Directory, UserNotFound

USE = "auth.key.use"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKeys:
    """Finds the key a secret is of."""

    store: ApiKeyStore
    directory: Directory
    clock: Clock

    async def find(self, secret: str) -> ApiKey:
        """Return a key that is good now, and whose owner is not shut out.

        Raises:
            Unauthenticated: there is none.
        """
        prefix = prefix_of(secret)
        key = None if prefix is None else await self.store.by_prefix(prefix)
        now = self.clock.now()
        if key is None or not key.fits(secret, at=now) or not await self.good(key):
            raise not_valid()
        return key

    async def good(self, key: ApiKey) -> bool:
        """Tell whether a key is live and its owner may log in."""
        if not key.live(at=self.clock.now()):
            return False
        try:
            return not (await self.directory.get(key.owner_id)).disabled
        except UserNotFound:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class UseKey:
    """Tell who calls with a key, and hold them to its limits."""

    known: KnownKeys
    store: ApiKeyStore
    gates: KeyGates
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, secret: str, *, origin: Origin) -> Principal:
        """Return the key as a caller; its last use is noted, to the minute.

        Raises:
            Unauthenticated: it is no key of ours, expired or revoked.
            AddressRefused: it may not be used from there.
            KeyTooBusy: it was used too often lately.
        """
        key = await self.known.find(secret)
        who = caller(key, origin)
        try:
            self._admit(key, origin.address)
        except (AddressRefused, KeyTooBusy) as error:
            await self.trail.record(who, refused(use_of(key.id), error))
            raise
        await self._see(key, origin)
        return who

    def _admit(self, key: ApiKey, address: str) -> None:
        if not key.admits(address):
            raise AddressRefused(
                "This key may not be used from your address.", address=address
            )
        self.gates.take(key)

    async def _see(self, key: ApiKey, origin: Origin) -> None:
        """Note the use; where nothing can be written now, a key may still read."""
        now = self.clock.now()
        if key.used_at is not None and abs(now - key.used_at) < SEEN:
            return
        try:
            async with self.work:
                await self.store.see(key.id, at=now, address=origin.address)
        except FairleadError as error:
            if error.kind is not ErrorKind.UNAVAILABLE:
                raise


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalDelegations(Delegations):
    """Answers for keys: the owner's rights, narrowed; and for steps: a fixed role."""

    known: KnownKeys
    store: ApiKeyStore
    runs: RunIdentityStore

    @override
    async def of(self, who: Principal) -> Delegation | None:
        if who.kind is PrincipalKind.API_KEY:
            return await self._of_key(who.id)
        run = await self.runs.get(who.id)
        if run is None:
            return None
        return Delegation(role=RUN_ROLE, projects=frozenset({run.project_id}))

    async def _of_key(self, key_id: UUID) -> Delegation | None:
        key = await self.store.get(key_id)
        if key is None or not await self.known.good(key):
            return None
        everything = EVERYTHING in key.scopes
        return Delegation(
            owner_id=key.owner_id,
            permissions=None if everything else frozenset(key.scopes),
            projects=frozenset(key.projects) if key.projects else None,
        )


def use_of(key_id: UUID) -> Act:
    """Return what is recorded when the use of a key is refused."""
    return Act(action=USE, target=f"api_keys/{key_id}")


def caller(key: ApiKey, origin: Origin) -> Principal:
    """Return the principal a key is; no user can have such a name."""
    return Principal(
        id=key.id,
        name=f"{key.owner_name}/{key.name}",
        tenant_id=key.tenant_id,
        kind=PrincipalKind.API_KEY,
        origin=origin,
    )
