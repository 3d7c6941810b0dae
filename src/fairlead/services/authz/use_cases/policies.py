"""What people can do with policies."""

from dataclasses import dataclass, replace

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind
from fairlead.kernel.ids import new_id
from fairlead.kernel.module import Catalog
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.authz.domain.names import is_name
from fairlead.services.authz.domain.policies import (
    MAX_POLICIES,
    check_draft,
    check_policy_name,
    matched,
)
from fairlead.services.authz.permissions import (
    POLICY_CREATE,
    POLICY_DELETE,
    POLICY_READ,
    POLICY_UPDATE,
)
from fairlead.services.authz.ports import (
    NoRestrictions,
    PolicyLanguage,
    PolicyStore,
    Restrictions,
    RestrictionSource,
)
from fairlead.services.authz.public import (
    Authorizer,
    BadPolicy,
    Policies,
    Policy,
    PolicyChanged,
    PolicyDraft,
    PolicyNotFound,
)
from fairlead.services.authz.use_cases.changes import NoteChange


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySource(RestrictionSource):
    """Reads the policies of a tenant; without one, nothing is loaded for them."""

    store: PolicyStore
    language: PolicyLanguage

    @override
    async def load(self) -> Restrictions:
        policies = await self.store.enabled()
        return self.language.restrictions(policies) if policies else NoRestrictions()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPolicy:
    """Find out whether a policy could be stored."""

    authorizer: Authorizer
    language: PolicyLanguage
    catalog: Catalog

    async def __call__(self, who: Principal, draft: PolicyDraft) -> None:
        """Refuse what could not.

        Raises:
            NotAllowed: `who` may not create policies.
            BadPolicy, LastAdministrator: as they say.
        """
        await self.authorizer.require(who, POLICY_CREATE)
        await self.refuse(draft)

    async def refuse(
        self, draft: PolicyDraft, *, kept: frozenset[str] = frozenset()
    ) -> None:
        """Refuse what could not, whoever asks; `kept` is what it was attached to."""
        declared = self.catalog.permissions()
        check_draft(draft, declared, kept=kept)
        permissions = matched(draft.permissions, declared)
        await self.language.check(draft.text, permissions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """What every change of policies needs."""

    store: PolicyStore
    note_change: NoteChange
    trail: AuditTrail
    work: UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPolicies:
    """Show the policies."""

    authorizer: Authorizer
    store: PolicyStore

    async def __call__(self, who: Principal, page: PageRequest) -> Page[Policy]:
        """Return them by name.

        Raises:
            NotAllowed: `who` may not see them.
            BadPage: `page.after` is no cursor of this list.
        """
        await self.authorizer.require(who, POLICY_READ)
        return await self.store.list(page)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindPolicy:
    """Show one policy."""

    authorizer: Authorizer
    store: PolicyStore

    async def __call__(self, who: Principal, name: str) -> Policy:
        """Return it.

        Raises:
            NotAllowed: `who` may not see policies.
            PolicyNotFound: there is none of this name.
        """
        await self.authorizer.require(who, POLICY_READ, target=_target(name))
        return await found(self.store, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePolicy:
    """Add a policy."""

    authorizer: Authorizer
    checked: CheckPolicy
    editing: Editing
    clock: Clock

    async def __call__(self, who: Principal, name: str, draft: PolicyDraft) -> Policy:
        """Store it; if enabled, it is in force for the next request.

        Raises:
            NotAllowed: `who` may not create policies.
            BadPolicy, PolicyNameTaken, LastAdministrator: as they say.
        """
        await self.authorizer.require(who, POLICY_CREATE, target=_target(name))
        check_policy_name(name)
        now = self.clock.now()
        policy = Policy(
            id=new_id(),
            name=name,
            summary=draft.summary,
            text=_plain(draft.text),
            permissions=frozenset(draft.permissions),
            enabled=draft.enabled,
            version=1,
            created_at=now,
            updated_at=now,
        )
        act, trail = _act(POLICY_CREATE, policy), self.editing.trail
        async with told(trail, who, act, ErrorKind.CONFLICT):
            await self.checked.refuse(draft)
            async with self.editing.work:
                await self._add(policy)
                await self.editing.note_change(who)
                await trail.record(who, act)
        return policy

    async def _add(self, policy: Policy) -> None:
        if await self.editing.store.count() >= MAX_POLICIES:
            raise BadPolicy(
                f"There are {MAX_POLICIES} policies already; put statements together "
                "or delete policies."
            )
        await self.editing.store.add(policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePolicy:
    """Change a policy."""

    authorizer: Authorizer
    checked: CheckPolicy
    editing: Editing
    clock: Clock

    async def __call__(
        self, who: Principal, name: str, draft: PolicyDraft, *, version: int | None
    ) -> Policy:
        """Replace what it is; in force for the next request.

        Raises:
            NotAllowed: `who` may not change policies.
            PolicyNotFound, BadPolicy, LastAdministrator: as they say.
            PolicyChanged: it is not this `version` any more.
        """
        await self.authorizer.require(who, POLICY_UPDATE, target=_target(name))
        store, trail = self.editing.store, self.editing.trail
        before = await found(store, name)
        policy = replace(
            before,
            summary=draft.summary,
            text=_plain(draft.text),
            permissions=frozenset(draft.permissions),
            enabled=draft.enabled,
            version=before.version + 1,
            updated_at=self.clock.now(),
        )
        act = _act(POLICY_UPDATE, policy)
        async with told(trail, who, act, ErrorKind.CONFLICT):
            if version is not None and version != before.version:
                raise _changed(name)
            await self.checked.refuse(draft, kept=before.permissions)
            async with self.editing.work:
                if not await store.save(policy):
                    raise _changed(name)
                await self.editing.note_change(who)
                await trail.record(who, act)
        return policy


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePolicy:
    """Remove a policy."""

    authorizer: Authorizer
    editing: Editing

    async def __call__(self, who: Principal, name: str) -> None:
        """Remove it; what it took away is back for the next request.

        Raises:
            NotAllowed: `who` may not delete policies.
            PolicyNotFound: there is none of this name.
        """
        await self.authorizer.require(who, POLICY_DELETE, target=_target(name))
        store = self.editing.store
        async with self.editing.work:
            gone = await found(store, name)
            await store.remove(gone.name)
            await self.editing.note_change(who)
            await self.editing.trail.record(who, _act(POLICY_DELETE, gone))


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPolicies(Policies):
    """Policies in this process."""

    list_policies: ListPolicies
    find_policy: FindPolicy
    create_policy: CreatePolicy
    update_policy: UpdatePolicy
    delete_policy: DeletePolicy
    check_policy: CheckPolicy

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[Policy]:
        return await self.list_policies(who, page)

    @override
    async def get(self, who: Principal, name: str) -> Policy:
        return await self.find_policy(who, name)

    @override
    async def create(self, who: Principal, name: str, draft: PolicyDraft) -> Policy:
        return await self.create_policy(who, name, draft)

    @override
    async def update(
        self,
        who: Principal,
        name: str,
        draft: PolicyDraft,
        *,
        version: int | None = None,
    ) -> Policy:
        return await self.update_policy(who, name, draft, version=version)

    @override
    async def delete(self, who: Principal, name: str) -> None:
        await self.delete_policy(who, name)

    @override
    async def check(self, who: Principal, draft: PolicyDraft) -> None:
        await self.check_policy(who, draft)


def _target(name: str) -> str:
    return f"policies/{name[:100]}"


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


async def found(store: PolicyStore, name: str) -> Policy:
    """Return a policy.

    Raises:
        PolicyNotFound: there is none of this name.
    """
    policy = await store.find(name) if is_name(name) else None
    if policy is None:
        raise PolicyNotFound(
            f"There is no policy '{name[:100]}'; see 'fairlead policies list'.",
            policy=name[:100],
        )
    return policy


def _changed(name: str) -> PolicyChanged:
    return PolicyChanged(
        f"Policy '{name}' was changed meanwhile; read it again.", policy=name
    )


def _act(action: str, policy: Policy) -> Act:
    return Act(
        action=action,
        target=_target(policy.name),
        details={
            "permissions": ", ".join(sorted(policy.permissions)),
            "enabled": "yes" if policy.enabled else "no",
            "version": str(policy.version),
            "text": policy.text,
        },
    )
