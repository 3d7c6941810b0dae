"""API keys: made, listed, rotated and revoked by people."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.module import Catalog
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, PrincipalKind, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail
from fairlead.services.auth.domain.api_keys import (
    EVERYTHING,
    ApiKey,
    KeyOrder,
    make_key,
)
from fairlead.services.auth.permissions import (
    KEY_CREATE,
    KEY_READ,
    KEY_REVOKE,
    KEY_ROTATE,
)
from fairlead.services.auth.ports import ApiKeyStore
from fairlead.services.auth.public import BadKey, KeyNotFound
from fairlead.services.auth.use_cases.devices import require_person
from fairlead.services.authz.public import (
    ROOT,
    Authorizer,
    HeldRights,
    project_scope,
)
from fairlead.services.identity.public import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRules:
    """Who may have a key made, and find one."""

    store: ApiKeyStore
    directory: Directory
    authorizer: Authorizer
    catalog: Catalog

    async def owner(self, who: Principal, user: str | None) -> tuple[UUID, str]:
        """Return whose the new key will be.

        Raises:
            PersonNeeded, NotAllowed, UserNotFound: as they say.
        """
        require_person(who)
        if user is None or user.lower() == who.name:
            return who.id, who.name
        await self.authorizer.require(
            who, KEY_CREATE, target=f"users/{user.lower()[:63]}"
        )
        found = await self.directory.find(user)
        return found.id, found.name

    async def may_give(
        self,
        who: Principal,
        owner_id: UUID,
        scopes: tuple[str, ...],
        projects: tuple[UUID, ...],
    ) -> None:
        """Refuse to hand out another's rights that the caller does not have.

        Raises:
            BadKey: a scope is no permission, or another's key would have all.
            NotAllowed: `who` lacks one of the scopes there.
        """
        known = self.catalog.permissions()
        wrong = [each for each in scopes if each not in known and each != EVERYTHING]
        if wrong:
            raise BadKey(_unknown(wrong[0][:80], known), field="scopes")
        if owner_id == who.id:
            return
        if EVERYTHING in scopes:
            raise BadKey("Name the permissions of another's key.", field="scopes")
        where = [project_scope(each) for each in projects] or [ROOT]
        for scope in where:
            for permission in scopes:
                await self.authorizer.require(who, permission, on=scope)

    async def find(self, who: Principal, key_id: UUID, permission: str) -> ApiKey:
        """Return a key that is one's own, or another's by `permission`.

        Raises:
            KeyNotFound: there is none, it was revoked, or `who` may not see it.
            NotAllowed: `who` may see it, and no more.
        """
        missing = KeyNotFound(f"There is no API key '{key_id}'.", key=str(key_id))
        key = await self.store.get(key_id)
        own = key is not None and key.owner_id == who.id
        if not own or who.kind is not PrincipalKind.USER:
            await self.authorizer.require(
                who,
                permission,
                target=f"api_keys/{key_id}",
                sees=KEY_READ,
                missing=missing,
            )
        if key is None or key.revoked_at is not None:
            raise missing
        return key


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateKey:
    """Make a key for oneself, or for another."""

    rules: KeyRules
    store: ApiKeyStore
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock
    tenant_id: TenantId

    async def __call__(
        self, who: Principal, order: KeyOrder, *, user: str | None = None
    ) -> tuple[ApiKey, str]:
        """Return the key and its secret, which is told this once.

        A key for another can hold no more than the caller has.

        Raises:
            BadKey: the order breaks a rule.
            PersonNeeded, NotAllowed, UserNotFound: as they say.
        """
        owner = await self.rules.owner(who, user)
        await self.rules.may_give(who, owner[0], order.scopes, order.projects)
        now = self.clock.now()
        key, secret = make_key(order, tenant=self.tenant_id, owner=owner, at=now)
        async with self.work:
            await self.store.add(key)
            await self.trail.record(who, act(KEY_CREATE, key))
        return key, secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeys:
    """See keys; never their secrets."""

    store: ApiKeyStore
    directory: Directory
    authorizer: Authorizer

    async def __call__(
        self,
        who: Principal,
        page: PageRequest,
        *,
        user: str | None = None,
        everybody: bool = False,
    ) -> Page[ApiKey]:
        """Return keys that were not revoked, newest first: one's own by default.

        Raises:
            PersonNeeded, NotAllowed, UserNotFound: as they say.
        """
        if everybody:
            await self.authorizer.require(who, KEY_READ)
            return await self.store.kept(None, page=page)
        if user is None or user.lower() == who.name:
            require_person(who)
            return await self.store.kept(who.id, page=page)
        await self.authorizer.require(who, KEY_READ)
        owner = await self.directory.find(user)
        return await self.store.kept(owner.id, page=page)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKey:
    """Give a key a new secret."""

    rules: KeyRules
    store: ApiKeyStore
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(
        self, who: Principal, key_id: UUID, *, overlap: timedelta
    ) -> tuple[ApiKey, str]:
        """Return the key and its new secret; the old one is good for `overlap` more.

        Raises:
            BadKey: the overlap is too long.
            KeyNotFound, PersonNeeded, NotAllowed: as they say.
        """
        require_person(who)
        key = await self.rules.find(who, key_id, KEY_ROTATE)
        await self.rules.may_give(who, key.owner_id, key.scopes, key.projects)
        async with self.work:
            held = await self.store.get(key_id) or key
            rotated, secret = held.rotated(at=self.clock.now(), overlap=overlap)
            await self.store.save(rotated)
            await self.trail.record(who, act(KEY_ROTATE, rotated))
        return rotated, secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeKey:
    """Take a key out of use."""

    rules: KeyRules
    store: ApiKeyStore
    rights: HeldRights
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock
    tenant_id: TenantId

    async def __call__(self, who: Principal, key_id: UUID) -> None:
        """Refuse it from the next request on; work it began gets no further rights.

        Raises:
            KeyNotFound, NotAllowed: as they say.
        """
        await self.rules.find(who, key_id, KEY_REVOKE)
        async with self.work:
            key = await self.store.get(key_id)
            if key is None or key.revoked_at is not None:
                return
            await self.store.save(replace(key, revoked_at=self.clock.now()))
            await self.trail.record(who, act(KEY_REVOKE, key))
        self.rights.forget(self.tenant_id)


def act(action: str, key: ApiKey) -> Act:
    """Return what is recorded of something done to a key."""
    details = {"prefix": key.prefix, "owner": key.owner_name, "name": key.name}
    return Act(action=action, target=f"api_keys/{key.id}", details=details)


def _unknown(scope: str, known: Iterable[str]) -> str:
    near = get_close_matches(scope, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    return f"There is no permission '{scope}'{hint}"
