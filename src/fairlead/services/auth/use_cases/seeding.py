"""Making what the settings say shall be there."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from typing_extensions import override

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal, TenantId, service
from fairlead.kernel.work import Together, UnitOfWork
from fairlead.services.auth.domain import Stage, generated_password
from fairlead.services.auth.domain.seeds import (
    BindingSeed,
    GroupSeed,
    RoleSeed,
    Seeds,
    included_first,
    twice,
)
from fairlead.services.auth.ports import InstallationStore
from fairlead.services.auth.public import (
    BadSeed,
    Outcome,
    Seeded,
    Seeding,
    SeedStep,
)
from fairlead.services.auth.use_cases.administrator import ADMIN_ROLE, MakeAdministrator
from fairlead.services.authz.public import (
    ROOT,
    BindingFilter,
    GroupNotFound,
    Groups,
    HolderKind,
    RoleDraft,
    RoleNotFound,
    Roles,
)
from fairlead.services.identity.public import Mailboxes

MOST = 200
_ENTRYS = frozenset(
    {ErrorKind.INVALID, ErrorKind.NOT_FOUND, ErrorKind.CONFLICT, ErrorKind.FORBIDDEN}
)


@asynccontextmanager
async def entry(name: str) -> AsyncIterator[None]:
    """Say of what is not possible which entry of the settings it was.

    Raises:
        BadSeed: with the message of what went wrong inside.
    """
    try:
        yield
    except FairleadError as error:
        if error.kind not in _ENTRYS:
            raise
        raise BadSeed(f"{name}: {error.message}", entry=name) from error


def step(outcome: Outcome, what: str) -> SeedStep:
    """Return what became of something."""
    return SeedStep(outcome=outcome, what=what)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRoles:
    """Makes roles, or changes them into what they shall be."""

    roles: Roles

    async def __call__(self, who: Principal, seed: RoleSeed) -> SeedStep:
        """Leave the role as it is written.

        Raises:
            BadRole, RoleBuiltIn: as they say.
        """
        what = f"role {seed.name}"
        draft = RoleDraft(
            summary=seed.summary, permissions=seed.permissions, includes=seed.includes
        )
        try:
            role = await self.roles.get(who, seed.name)
        except RoleNotFound:
            await self.roles.create(who, seed.name, draft)
            return step(Outcome.MADE, what)
        there = (role.summary, role.own | role.inert, role.includes)
        wanted = (seed.summary, seed.permissions, seed.includes)
        if there == wanted and not role.built_in:
            return step(Outcome.KEPT, what)
        await self.roles.update(who, seed.name, draft)
        return step(Outcome.CHANGED, what)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedGroups:
    """Makes groups, and puts users into them; whoever else is there stays."""

    groups: Groups

    async def __call__(self, who: Principal, seed: GroupSeed) -> list[SeedStep]:
        """Leave the group with at least these members.

        Raises:
            BadGroup, UserNotFound: as they say.
        """
        steps = [await self._group(who, seed)]
        there = await self._members(who, seed.name)
        for member in seed.members:
            name = member.lower()
            what = f"user {name} in group {seed.name}"
            if name in there:
                steps.append(step(Outcome.KEPT, what))
            else:
                await self.groups.add(who, seed.name, name)
                steps.append(step(Outcome.MADE, what))
        return steps

    async def _group(self, who: Principal, seed: GroupSeed) -> SeedStep:
        what = f"group {seed.name}"
        try:
            group = await self.groups.get(who, seed.name)
        except GroupNotFound:
            await self.groups.create(who, seed.name, summary=seed.summary)
            return step(Outcome.MADE, what)
        if group.summary == seed.summary:
            return step(Outcome.KEPT, what)
        await self.groups.update(who, seed.name, summary=seed.summary)
        return step(Outcome.CHANGED, what)

    async def _members(self, who: Principal, name: str) -> frozenset[str]:
        found: set[str] = set()
        after: str | None = None
        while True:
            wanted = PageRequest(limit=MOST, after=after)
            page = await self.groups.members(who, name, wanted)
            found |= {member.user_name for member in page.items}
            after = page.next
            if after is None:
                return frozenset(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedBindings:
    """Gives roles; whatever else is given stays."""

    roles: Roles

    async def __call__(self, who: Principal, seed: BindingSeed) -> SeedStep:
        """Have the user or the group have the role there.

        Raises:
            BadSeed: neither a user nor a group is named, or both are.
            RoleNotFound, UserNotFound, GroupNotFound, BadScope: as they say.
        """
        if bool(seed.user) is bool(seed.group):
            raise BadSeed("Name a user or a group, one of them.")
        kind = HolderKind.USER if seed.user else HolderKind.GROUP
        holder = seed.user.lower() or seed.group
        where = "everywhere" if seed.scope == ROOT else f"in {seed.scope}"
        what = f"role {seed.role} of {kind} {holder} {where}"
        wanted = BindingFilter(
            user=holder if seed.user else None,
            group=seed.group or None,
            role=seed.role,
            scope=seed.scope,
        )
        page = await self.roles.bindings(who, PageRequest(limit=MOST), wanted=wanted)
        if any(binding.principal_kind is kind for binding in page.items):
            return step(Outcome.KEPT, what)
        await self.roles.bind(who, holder, seed.role, scope=seed.scope, kind=kind)
        return step(Outcome.MADE, what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed(Seeding):
    """Makes the administrator, then roles, groups and bindings."""

    seeds: Seeds
    store: InstallationStore
    make: MakeAdministrator
    mailboxes: Mailboxes
    seed_role: SeedRoles
    seed_group: SeedGroups
    seed_binding: SeedBindings
    together: Together
    work: UnitOfWork
    tenant_id: TenantId

    @override
    async def __call__(self, *, dry_run: bool = False) -> Seeded:
        who = service("auth", self.tenant_id)
        async with self.together(keep=not dry_run):
            steps, password = await self._administrator(who)
            steps += await self._roles(who)
            steps += await self._groups(who)
            steps += await self._bindings(who)
        return Seeded(steps=tuple(steps), password=None if dry_run else password)

    @override
    async def shown(self) -> None:
        async with self.work:
            await self.store.reach(Stage.DONE)

    async def _administrator(self, who: Principal) -> tuple[list[SeedStep], str | None]:
        """Make the one there is not, or whose password nobody saw.

        An administrator who is there keeps the password, whatever the settings say.
        """
        name = self.make.administrator.username.lower()
        async with entry("admin"):
            stage, there = await self.store.stage(), await self.make.find(who)
            made = there is None or stage is Stage.STARTED
            password = await self._made(who) if made else None
            if not made and stage is None:
                await self._reach(Stage.DONE)
            outcome = Outcome.MADE if made else Outcome.KEPT
            role = BindingSeed(role=ADMIN_ROLE, user=name)
            steps = [step(outcome, f"user {name}")]
            bound = await self.seed_binding(who, role)
            steps.append(step(outcome, bound.what) if made else bound)
            if email := self.make.administrator.email:
                given = await self.mailboxes.give(who, name, email)
                outcome = Outcome.MADE if given else Outcome.KEPT
                steps.append(step(outcome, f"email address of {name}"))
        return steps, password

    async def _made(self, who: Principal) -> str | None:
        """Make the administrator; return the password, unless it was chosen.

        The stage is noted first, so one who was made by a start that was killed is
        not taken for one whose password somebody knows.
        """
        chosen = self.make.administrator.password()
        await self._reach(Stage.STARTED)
        password = chosen or generated_password()
        await self.make(who, password)
        if not chosen:
            return password
        await self._reach(Stage.DONE)
        return None

    async def _reach(self, stage: Stage) -> None:
        async with self.work:
            await self.store.reach(stage)

    async def _roles(self, who: Principal) -> list[SeedStep]:
        _refuse_twice("seed.roles", (role.name for role in self.seeds.roles))
        steps = []
        for role in included_first(self.seeds.roles):
            async with entry(f"seed.roles, {role.name or 'one without a name'}"):
                steps.append(await self.seed_role(who, role))
        return steps

    async def _groups(self, who: Principal) -> list[SeedStep]:
        _refuse_twice("seed.groups", (group.name for group in self.seeds.groups))
        steps = []
        for group in self.seeds.groups:
            async with entry(f"seed.groups, {group.name or 'one without a name'}"):
                steps += await self.seed_group(who, group)
        return steps

    async def _bindings(self, who: Principal) -> list[SeedStep]:
        steps = []
        for number, binding in enumerate(self.seeds.bindings, 1):
            holder = binding.user or binding.group or "nobody"
            about = f"seed.bindings, number {number} ({binding.role} of {holder})"
            async with entry(about):
                steps.append(await self.seed_binding(who, binding))
        return steps


def _refuse_twice(where: str, names: Iterable[str]) -> None:
    name = twice(names)
    if name is not None:
        raise BadSeed(f"{where}: '{name}' comes twice.", entry=where)
