"""The first start, and the way back in."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal, TenantId, service
from fairlead.kernel.work import UnitOfWork
from fairlead.services.auth.domain import Stage, generated_password
from fairlead.services.auth.ports import InstallationStore
from fairlead.services.auth.public import FirstStart, Recovery, Seeding
from fairlead.services.auth.use_cases.administrator import MakeAdministrator
from fairlead.services.identity.public import SecondFactors, Users


@dataclass(frozen=True, slots=True)
class Unasked:
    """Whether the first start seeds by itself."""

    allowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareInstallation(FirstStart):
    """Seeds once, however often the first start is interrupted.

    It is over when the administrator's password is known to somebody: set by the
    operator, or shown.
    """

    store: InstallationStore
    users: Users
    seeding: Seeding
    work: UnitOfWork
    unasked: Unasked
    tenant_id: TenantId

    @override
    async def lacks_people(self) -> bool:
        return not await self._peopled(service("auth", self.tenant_id))

    @override
    async def __call__(self) -> str | None:
        stage = await self.store.stage()
        if stage is Stage.DONE or not self.unasked.allowed:
            return None
        if stage is None and await self._peopled(service("auth", self.tenant_id)):
            async with self.work:
                await self.store.reach(Stage.DONE)
            return None
        return (await self.seeding()).password

    @override
    async def shown(self) -> None:
        await self.seeding.shown()

    async def _peopled(self, who: Principal) -> bool:
        return bool((await self.users.list(who, PageRequest(limit=1))).items)


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
