"""How seeding is put together, from the settings `admin` and `seed`."""

from dataclasses import dataclass
from pathlib import Path

from dishka import Provider, Scope

from fairlead.adapters.settings.layers import SettingsInvalid
from fairlead.adapters.settings.load import Settings
from fairlead.services.auth.domain.seeds import (
    BindingSeed,
    GroupSeed,
    RoleSeed,
    Seeds,
)
from fairlead.services.auth.public import FirstStart, Recovery, Seeding
from fairlead.services.auth.settings import AdminSettings, SeedSettings
from fairlead.services.auth.use_cases.administrator import (
    Administrator,
    MakeAdministrator,
)
from fairlead.services.auth.use_cases.installation import (
    LocalRecovery,
    PrepareInstallation,
    Unasked,
)
from fairlead.services.auth.use_cases.seeding import (
    Seed,
    SeedBindings,
    SeedGroups,
    SeedRoles,
)

DEVELOPMENT = "development"
LONGEST = 1024


@dataclass(frozen=True, slots=True)
class ChosenPassword:
    """The operator's password, from the settings or the file they name."""

    settings: AdminSettings

    def __call__(self) -> str:
        """Return it; empty: there is none.

        Raises:
            SettingsInvalid: both are set, or the file cannot be read or is empty.
        """
        name = self.settings.password_file
        if not name:
            return self.settings.password
        if self.settings.password:
            raise SettingsInvalid(
                "Set admin.password or admin.password_file, not both.",
                path="admin.password_file",
            )
        return _first_line(Path(name).expanduser())


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST + 1).removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError) as error:
        raise SettingsInvalid(
            f"admin.password_file: {path} cannot be read.", path="admin.password_file"
        ) from error
    if not text or "\n" in text or len(text) > LONGEST:
        raise SettingsInvalid(
            f"admin.password_file: {path} must hold one line, the password.",
            path="admin.password_file",
        )
    return text


def _administrator(settings: AdminSettings) -> Administrator:
    return Administrator(
        username=settings.username,
        password=ChosenPassword(settings),
        email=settings.email,
    )


def _unasked(settings: Settings) -> Unasked:
    return Unasked(settings.environment == DEVELOPMENT)


def seeds(settings: SeedSettings) -> Seeds:
    """Return what is written there in the words of the use cases."""
    return Seeds(
        roles=tuple(
            RoleSeed(
                name=each.name,
                summary=each.summary,
                permissions=frozenset(each.permissions),
                includes=frozenset(each.includes),
            )
            for each in settings.roles
        ),
        groups=tuple(
            GroupSeed(name=each.name, summary=each.summary, members=each.members)
            for each in settings.groups
        ),
        bindings=tuple(
            BindingSeed(
                role=each.role, user=each.user, group=each.group, scope=each.scope
            )
            for each in settings.bindings
        ),
    )


def seeding_provider() -> Provider:
    """Provide the first start, seeding and recovery."""
    provider = Provider(scope=Scope.REQUEST)
    for kept in (_administrator, _unasked, seeds):
        provider.provide(kept, scope=Scope.APP)
    for use_case in (MakeAdministrator, SeedRoles, SeedGroups, SeedBindings):
        provider.provide(use_case)
    provider.provide(Seed, provides=Seeding)
    provider.provide(PrepareInstallation, provides=FirstStart)
    provider.provide(LocalRecovery, provides=Recovery)
    return provider
