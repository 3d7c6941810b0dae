"""The first start, and the way back in."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal, TenantId, service
from fairlead.kernel.work import UnitOfWork
from fairlead.services.auth.domain import Stage, generated_password
from fairlead.services.auth.ports import InstallationStore
from fairlead.services.auth.public import FirstStart, Recovery
from fairlead.services.authz.public import ROOT, Roles
from fairlead.services.identity.public import SecondFactors, UserNameTaken, Users

ADMIN_ROLE = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    """Who administers a new installation; no password: generate one."""

    username: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeAdministrator:
    """Make the administrator, or give them what they lack."""

    users: Users
    roles: Roles
    administrator: Administrator

    async def __call__(self, who: Principal, password: str) -> None:
        """Leave a user with this password and the role, whatever was there before."""
        name = self.administrator.username
        try:
            await self.users.create(who, name, password)
        except UserNameTaken:
            await self.users.set_password(who, name, password, old=None)
            await self.users.set_disabled(who, name, disabled=False)
        await self.roles.bind(who, name, ADMIN_ROLE, scope=ROOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareInstallation(FirstStart):
    """Makes the administrator once, however often the first start is interrupted.

    The stage is noted before the user is made, and moves on only when the password
    is known to somebody: set by the operator, or shown.
    """

    store: InstallationStore
    users: Users
    make: MakeAdministrator
    work: UnitOfWork
    administrator: Administrator
    tenant_id: TenantId

    @override
    async def __call__(self) -> str | None:
        who = service("auth", self.tenant_id)
        stage = await self.store.stage()
        if stage is Stage.DONE:
            return None
        if stage is None and await self._peopled(who):
            await self._reach(Stage.DONE)
            return None
        await self._reach(Stage.STARTED)
        if self.administrator.password:
            await self.make(who, self.administrator.password)
            await self._reach(Stage.DONE)
            return None
        password = generated_password()
        await self.make(who, password)
        return password

    @override
    async def shown(self) -> None:
        await self._reach(Stage.DONE)

    async def _peopled(self, who: Principal) -> bool:
        return bool((await self.users.list(who, PageRequest(limit=1))).items)

    async def _reach(self, stage: Stage) -> None:
        async with self.work:
            await self.store.reach(stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRecovery(Recovery):
    """Gives whoever runs the machine a way in."""

    make: MakeAdministrator
    second_factors: SecondFactors
    tenant_id: TenantId

    @override
    async def reset_administrator(self) -> str:
        who, password = service("auth", self.tenant_id), generated_password()
        await self.make(who, password)
        await self.second_factors.remove(who, self.make.administrator.username)
        return password
