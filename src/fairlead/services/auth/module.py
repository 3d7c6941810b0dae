"""The manifest and the wiring of auth."""

from collections.abc import AsyncIterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dishka import AnyOf, AsyncContainer, Provider, Scope
from typing_extensions import override

from fairlead.adapters.bus.part import Subscription, SubscriptionPart
from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.http.authentication import Authenticator
from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart, LifecyclePart
from fairlead.kernel.module import Module
from fairlead.kernel.principal import Principal
from fairlead.services.audit.public import AuditTrail, told
from fairlead.services.auth.activities import TokenActivities
from fairlead.services.auth.domain import Graces, Lifetimes
from fairlead.services.auth.domain.api_keys import KeyGates
from fairlead.services.auth.files import FileKeySafe
from fairlead.services.auth.http import (
    ApiKeyController,
    AuthController,
    KeysController,
    MeController,
    SessionController,
    TokenAuthenticator,
    TokenController,
)
from fairlead.services.auth.jose import JoseFormat
from fairlead.services.auth.pages import CONSOLE
from fairlead.services.auth.ports import (
    ApiKeyStore,
    InstallationStore,
    KeyReload,
    KeySafe,
    KeyStore,
    RunIdentityStore,
    SessionStore,
    TokenFormat,
)
from fairlead.services.auth.public import (
    KeyPlace,
    KeyTooBusy,
    RunIdentities,
    Sessions,
    Verifier,
)
from fairlead.services.auth.seeding import seeding_provider
from fairlead.services.auth.settings import AdminSettings, AuthSettings, SeedSettings
from fairlead.services.auth.sql import (
    SqlApiKeyStore,
    SqlInstallationStore,
    SqlKeyStore,
    SqlRunIdentityStore,
    SqlSessionStore,
)
from fairlead.services.auth.tasks import (
    EndSessionsOfDeletedUser,
    EndSessionsOfDisabledUser,
    EndSessionsOfOldPassword,
    KeysReadAgain,
    TokensReady,
)
from fairlead.services.auth.use_cases.api_keys import (
    CreateKey,
    KeyRules,
    ListKeys,
    RevokeKey,
    RotateKey,
)
from fairlead.services.auth.use_cases.devices import (
    ListSessions,
    LogoutEverywhere,
    RevokeSession,
    Whose,
)
from fairlead.services.auth.use_cases.expire import ExpireTokens
from fairlead.services.auth.use_cases.introspect import Introspect
from fairlead.services.auth.use_cases.key_use import (
    KnownKeys,
    LocalDelegations,
    UseKey,
    use_of,
)
from fairlead.services.auth.use_cases.keys import (
    KeyRing,
    OpenKeys,
    ReloadKeys,
    RotateKeys,
    TendKeys,
)
from fairlead.services.auth.use_cases.runs import LocalRunIdentities, UseRunToken
from fairlead.services.auth.use_cases.sessions import (
    EndSessions,
    LocalSessions,
    Login,
    Logout,
    Refresh,
)
from fairlead.services.auth.use_cases.takeovers import LocalTakeovers
from fairlead.services.auth.use_cases.tokens import (
    EndedSessions,
    Issuer,
    LocalVerifier,
    RecallEndedSessions,
)
from fairlead.services.auth.workflows import WORKFLOWS
from fairlead.services.authz.public import Delegation, Delegations
from fairlead.services.identity.public import (
    PasswordChanged,
    Takeovers,
    UserDeleted,
    UserDisabled,
)


def _lifetimes(settings: AuthSettings) -> Lifetimes:
    return Lifetimes(
        access=timedelta(minutes=settings.access_minutes),
        run=timedelta(minutes=settings.run_minutes),
        session=timedelta(days=settings.refresh_days),
    )


def _graces() -> Graces:
    return Graces()


def _gates() -> KeyGates:
    return KeyGates()


async def _place(
    who: Principal, gates: KeyGates, trail: AuditTrail
) -> AsyncIterable[KeyPlace]:
    async with told(trail, who, use_of(who.id), KeyTooBusy):
        with gates.place(who.id):
            yield KeyPlace()


@dataclass(frozen=True, slots=True)
class _LaterDelegations(Delegations):
    """Delegations that are made when one is asked for: few callers have any."""

    container: AsyncContainer

    @override
    async def of(self, who: Principal) -> Delegation | None:
        delegations: LocalDelegations = await self.container.get(LocalDelegations)
        return await delegations.of(who)


def _token_format(settings: AuthSettings) -> TokenFormat:
    return JoseFormat(issuer=settings.issuer, audience=settings.audience)


def _key_safe(home: Home) -> KeySafe:
    return FileKeySafe(home.path / "keys")


def _kept_in_memory() -> Provider:
    provider = Provider(scope=Scope.APP)
    for make in (_lifetimes, _graces, _gates, _token_format, _key_safe):
        provider.provide(make)
    for kept in (
        KeyRing,
        EndedSessions,
        Issuer,
        TokensReady,
        TokenActivities,
    ):
        provider.provide(kept)
    provider.provide(KeysReadAgain, provides=KeyReload)
    provider.provide(LocalVerifier, provides=AnyOf[LocalVerifier, Verifier])
    provider.provide(TokenAuthenticator, provides=Authenticator)
    return provider


def _per_request() -> Provider:
    provider = Provider(scope=Scope.REQUEST)
    provider.provide(SqlSessionStore, provides=SessionStore)
    provider.provide(SqlKeyStore, provides=KeyStore)
    provider.provide(SqlApiKeyStore, provides=ApiKeyStore)
    provider.provide(SqlRunIdentityStore, provides=RunIdentityStore)
    provider.provide(LocalRunIdentities, provides=RunIdentities)
    provider.provide(LocalDelegations)
    provider.provide(_LaterDelegations, provides=Delegations)
    provider.provide(LocalTakeovers, provides=Takeovers)
    provider.provide(_place)
    provider.provide(SqlInstallationStore, provides=InstallationStore)
    for use_case in (
        OpenKeys,
        ReloadKeys,
        RotateKeys,
        TendKeys,
        Introspect,
        RecallEndedSessions,
        ExpireTokens,
        Login,
        Refresh,
        Logout,
        EndSessions,
        KeyRules,
        CreateKey,
        ListKeys,
        RotateKey,
        RevokeKey,
        KnownKeys,
        UseKey,
        UseRunToken,
        Whose,
        ListSessions,
        RevokeSession,
        LogoutEverywhere,
        EndSessionsOfDeletedUser,
        EndSessionsOfDisabledUser,
        EndSessionsOfOldPassword,
    ):
        provider.provide(use_case)
    provider.provide(LocalSessions, provides=Sessions)
    return provider


MODULE = Module(
    manifest=read_manifest(Path(__file__).with_name("module.yaml")),
    parts=(
        ContainerPart((_kept_in_memory(), _per_request(), seeding_provider())),
        TablePart(Path(__file__).with_name("migrations")),
        SettingsPart("auth", AuthSettings),
        SettingsPart("admin", AdminSettings),
        SettingsPart("seed", SeedSettings),
        LifecyclePart((TokensReady,)),
        EnginePart(workflows=WORKFLOWS, activities=(TokenActivities,)),
        SubscriptionPart(
            (
                Subscription(
                    name="auth.end_sessions_of_disabled_users",
                    event=UserDisabled,
                    handler=EndSessionsOfDisabledUser,
                ),
                Subscription(
                    name="auth.end_sessions_of_deleted_users",
                    event=UserDeleted,
                    handler=EndSessionsOfDeletedUser,
                ),
                Subscription(
                    name="auth.end_sessions_of_old_passwords",
                    event=PasswordChanged,
                    handler=EndSessionsOfOldPassword,
                ),
            )
        ),
        CONSOLE,
        HttpPart(
            (
                AuthController,
                SessionController,
                TokenController,
                ApiKeyController,
                MeController,
                KeysController,
            )
        ),
    ),
)
