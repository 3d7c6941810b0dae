"""The manifest and the wiring of identity."""

from collections.abc import Iterator
from pathlib import Path

from dishka import Provider, Scope

from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.mail.provider import MailProvider, MailReady
from fairlead.adapters.mail.settings import MailSettings
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart, LifecyclePart
from fairlead.kernel.module import Module
from fairlead.services.identity.hashing import Argon2Hasher
from fairlead.services.identity.http import UserController
from fairlead.services.identity.pages import CONSOLE
from fairlead.services.identity.ports import Hasher, TallyStore, UserStore
from fairlead.services.identity.public import Directory, Users
from fairlead.services.identity.sql import SqlTallyStore, SqlUserStore
from fairlead.services.identity.use_cases.credentials import (
    CheckCredentials,
    LocalDirectory,
)
from fairlead.services.identity.use_cases.profiles import DeleteUser, UpdateUser
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


def _provider() -> Provider:
    provider = Provider(scope=Scope.REQUEST)
    provider.provide(_hasher, scope=Scope.APP)
    provider.provide(Turnstile, scope=Scope.APP)
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
    ):
        provider.provide(use_case)
    provider.provide(LocalDirectory, provides=Directory)
    provider.provide(LocalUsers, provides=Users)
    return provider


MODULE = Module(
    manifest=read_manifest(Path(__file__).with_name("module.yaml")),
    parts=(
        ContainerPart((_provider(), MailProvider())),
        LifecyclePart((MailReady,)),
        SettingsPart("mail", MailSettings),
        TablePart(Path(__file__).with_name("migrations")),
        HttpPart((UserController,)),
        CONSOLE,
    ),
)
