"""What a caller holds: remembered, or read from the stores."""

from dataclasses import dataclass, field
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.services.authz.domain import Grants, RoleBook
from fairlead.services.authz.ports import (
    BindingStore,
    GroupStore,
    NoRestrictions,
    RestrictionSource,
    RoleStore,
    Unrestricted,
    VersionStore,
)
from fairlead.services.authz.public import (
    ROOT,
    Delegation,
    Delegations,
    Escalation,
)
from fairlead.services.authz.use_cases.cache import GrantCache, Held, Rules

DELEGATED = frozenset({PrincipalKind.API_KEY, PrincipalKind.RUN})
_NOTHING = Held(Grants({}), NoRestrictions())
_SOME = 10


class NoDelegations(Delegations):
    """Knows no keys and no runs, so none of them may do anything."""

    @override
    async def of(self, who: Principal) -> Delegation | None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleBooks:
    """Reads the roles of a tenant."""

    built_in: RoleBook
    roles: RoleStore

    async def read(self) -> RoleBook:
        """Return them as they are stored now, built-in and own."""
        return self.built_in.with_own(await self.roles.all())


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Knows what callers hold; reads each caller once per version of the rights.

    That another process changed them is noticed within `cache.LOOK_SECONDS`; what
    this one changes is forgotten with the commit.
    """

    books: RoleBooks
    bindings: BindingStore
    groups: GroupStore
    versions: VersionStore
    cache: GrantCache
    restrictions: RestrictionSource = field(default_factory=Unrestricted)
    delegations: Delegations = field(default_factory=NoDelegations)

    async def of(self, who: Principal) -> Held:
        """Return what `who` holds; a service's own rights are not asked for here."""
        return self.cache.get(who) or await self.read(who)

    async def read(self, who: Principal) -> Held:
        """Return what `who` holds, from the stores where it is not remembered."""
        if not who.known:
            return _NOTHING
        tenant = who.tenant_id
        if self.cache.should_look(tenant):
            self.cache.note(tenant, await self.versions.current())
            if (known := self.cache.get(who)) is not None:
                return known
        version = self.cache.version(tenant)
        rules = await self.rules(who)
        if who.kind in DELEGATED:
            grants = await self._delegated(who, rules.book)
        else:
            grants = await self.of_user(who.id, rules.book)
        held = Held(grants, rules.restrictions)
        self.cache.keep(who, held, version=version)
        return held

    async def rules(self, who: Principal) -> Rules:
        """Return what holds for everybody in the tenant of `who`."""
        known = self.cache.rules(who.tenant_id)
        if known is not None:
            return known
        version = self.cache.version(who.tenant_id)
        rules = Rules(await self.books.read(), await self.restrictions.load())
        self.cache.keep_rules(who.tenant_id, rules, version=version)
        return rules

    async def of_user(self, user_id: UUID, book: RoleBook) -> Grants:
        """Return what a user holds, by themselves and by their groups."""
        groups = frozenset(each.name for each in await self.groups.of(user_id))
        return Grants.of(await self.bindings.rights_of(user_id), book, groups)

    async def _delegated(self, who: Principal, book: RoleBook) -> Grants:
        found = await self.delegations.of(who)
        if found is None:
            return Grants({})
        if found.owner_id is None:
            whole = Grants({ROOT: book.permissions(found.role)})
        else:
            whole = await self.of_user(found.owner_id, book)
        return whole.narrowed(found.permissions, found.projects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Keeps callers from giving away, or gaining, what they do not have."""

    holdings: Holdings

    async def own(self, who: Principal) -> "OwnRights":
        """Return what `who` may give; ask for it before the unit of work."""
        if who.kind is PrincipalKind.SERVICE:
            return OwnRights(None)
        return OwnRights((await self.holdings.of(who)).grants)


@dataclass(frozen=True, slots=True)
class OwnRights:
    """What a caller may give to others; None: everything.

    Policies do not count: they hold for whoever it is given to as well.
    """

    grants: Grants | None

    def cover(self, permissions: frozenset[str], *, on: str) -> None:
        """Let the caller give `permissions` in `on`, or raise.

        Raises:
            Escalation: they lack some of them there.
        """
        lacking = [] if self.grants is None else self.grants.lacking(permissions, on)
        if lacking:
            raise Escalation(
                f"This gives {lacking[0]} in {on}, which you do not have there "
                "yourself; ask somebody who has.",
                permissions=lacking[:_SOME],
                scope=on,
            )
