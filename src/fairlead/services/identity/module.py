"""The manifest and the wiring of identity."""

from collections.abc import Iterator
from pathlib import Path

from dishka import Provider, Scope

from fairlead.adapters.bus.part import SubscriptionPart
from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.http.settings import HttpSettings
from fairlead.adapters.mail.provider import MailProvider, MailReady
from fairlead.adapters.mail.settings import MailSettings
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart, LifecyclePart
from fairlead.kernel.module import Module
from fairlead.services.identity.breached import SHIPPED, FileBreachedPasswords
from fairlead.services.identity.domain import Requests
from fairlead.services.identity.forms import FormLetters
from fairlead.services.identity.hashing import Argon2Hasher
from fairlead.services.identity.http import (
    AccountController,
    SecondFactorController,
    UserController,
)
from fairlead.services.identity.pages import CONSOLE
from fairlead.services.identity.pages.zones import Zones
from fairlead.services.identity.ports import (
    BreachedPasswords,
    FactorStore,
    Hasher,
    Letters,
    LinkStore,
    Safe,
    TallyStore,
    UserStore,
)
from fairlead.services.identity.public import Directory, Mailboxes, SecondFactors, Users
from fairlead.services.identity.safe import FileSafe
from fairlead.services.identity.settings import IdentitySettings
from fairlead.services.identity.sql import (
    SqlFactorStore,
    SqlLinkStore,
    SqlTallyStore,
    SqlUserStore,
)
from fairlead.services.identity.tasks import (
    SUBSCRIPTIONS,
    OnNewPlace,
    OnResetAsked,
    OnVerificationWanted,
)
from fairlead.services.identity.use_cases.addresses import LocalMailboxes
from fairlead.services.identity.use_cases.credentials import (
    CheckCredentials,
    LocalDirectory,
)
from fairlead.services.identity.use_cases.factors import (
    BeginSecondFactor,
    ConfirmSecondFactor,
    LocalSecondFactors,
    NewRecoveryCodes,
    Own,
    RemoveSecondFactor,
    ShowAccount,
)
from fairlead.services.identity.use_cases.letters import (
    Post,
    SendNewLogin,
    SendReset,
    SendVerification,
)
from fairlead.services.identity.use_cases.links import (
    AskReset,
    AskVerification,
    ResetPassword,
    VerifyEmail,
)
from fairlead.services.identity.use_cases.passwords import PasswordRules
from fairlead.services.identity.use_cases.profiles import DeleteUser, UpdateUser
from fairlead.services.identity.use_cases.second import CheckSecondFactor
from fairlead.services.identity.use_cases.turnstile import Turnstile
from fairlead.services.identity.use_cases.users import (
    CreateUser,
    GetUser,
    ListUsers,
    LocalUsers,
    SetDisabled,
    SetPassword,
)


def _hasher() -> Iterator[Hasher]:
    hasher = Argon2Hasher()
    yield hasher
    hasher.close()


def _letters(settings: IdentitySettings, http: HttpSettings) -> Letters:
    return FormLetters(settings.url or http.url)


def _breached(settings: IdentitySettings) -> BreachedPasswords:
    chosen = settings.breached_passwords
    return FileBreachedPasswords(Path(chosen) if chosen else SHIPPED)


def _safe(home: Home) -> Safe:
    return FileSafe(home.path / "keys" / "identity.key")


def _provider() -> Provider:
    provider = Provider(scope=Scope.REQUEST)
    provider.provide(_hasher, scope=Scope.APP)
    provider.provide(_breached, scope=Scope.APP)
    provider.provide(_safe, scope=Scope.APP)
    provider.provide(SqlFactorStore, provides=FactorStore)
    provider.provide(_letters, scope=Scope.APP)
    provider.provide(Turnstile, scope=Scope.APP)
    provider.provide(Zones, scope=Scope.APP)
    provider.provide(Requests, scope=Scope.APP)
    provider.provide(SqlLinkStore, provides=LinkStore)
    provider.provide(SqlUserStore, provides=UserStore)
    provider.provide(SqlTallyStore, provides=TallyStore)
    for use_case in (
        CheckCredentials,
        CreateUser,
        ListUsers,
        GetUser,
        SetDisabled,
        SetPassword,
        UpdateUser,
        DeleteUser,
        PasswordRules,
        CheckSecondFactor,
        Own,
        ShowAccount,
        BeginSecondFactor,
        ConfirmSecondFactor,
        NewRecoveryCodes,
        RemoveSecondFactor,
        AskVerification,
        VerifyEmail,
        AskReset,
        ResetPassword,
        Post,
        SendVerification,
        SendReset,
        SendNewLogin,
        OnVerificationWanted,
        OnResetAsked,
        OnNewPlace,
    ):
        provider.provide(use_case)
    provider.provide(LocalDirectory, provides=Directory)
    provider.provide(LocalUsers, provides=Users)
    provider.provide(LocalSecondFactors, provides=SecondFactors)
    provider.provide(LocalMailboxes, provides=Mailboxes)
    return provider


MODULE = Module(
    manifest=read_manifest(Path(__file__).with_name("module.yaml")),
    parts=(
        ContainerPart((_provider(), MailProvider())),
        LifecyclePart((MailReady,)),
        SubscriptionPart(SUBSCRIPTIONS),
        SettingsPart("identity", IdentitySettings),
        SettingsPart("mail", MailSettings),
        TablePart(Path(__file__).with_name("migrations")),
        HttpPart((UserController, AccountController, SecondFactorController)),
        CONSOLE,
    ),
)
