"""The manifest and the wiring of audit."""

from pathlib import Path

from dishka import Provider, Scope

from fairlead.adapters.bus.part import SubscriptionPart
from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.pages.part import ConsolePart, Entry
from fairlead.adapters.settings.home import Home
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart, LifecyclePart
from fairlead.kernel.module import Module
from fairlead.services.audit.http import AuditController
from fairlead.services.audit.pages import AuditPages
from fairlead.services.audit.permissions import ENTRY_READ
from fairlead.services.audit.ports import EntryStore, Sealer, Surroundings
from fairlead.services.audit.public import AuditLog, AuditTrail
from fairlead.services.audit.refusals import Refusals
from fairlead.services.audit.seals import KeySealer
from fairlead.services.audit.sql import ConnectionSurroundings, SqlEntryStore
from fairlead.services.audit.tasks import SUBSCRIPTIONS, TrailSealed
from fairlead.services.audit.use_cases import (
    AppendEntry,
    ListEntries,
    LocalAuditLog,
    LocalAuditTrail,
    SealTrail,
    VerifyChain,
)

HERE = Path(__file__).parent


def _sealer(home: Home) -> Sealer:
    return KeySealer.of(home.path / "keys")


def _provider() -> Provider:
    provider = Provider(scope=Scope.REQUEST)
    provider.provide(Refusals, scope=Scope.APP)
    provider.provide(SqlEntryStore, provides=EntryStore)
    provider.provide(ConnectionSurroundings, provides=Surroundings)
    provider.provide(LocalAuditTrail, provides=AuditTrail)
    provider.provide(LocalAuditLog, provides=AuditLog)
    provider.provide(_sealer, scope=Scope.APP)
    provider.provide(TrailSealed, scope=Scope.APP)
    for use_case in (AppendEntry, ListEntries, SealTrail, VerifyChain):
        provider.provide(use_case)
    return provider


MODULE = Module(
    manifest=read_manifest(HERE / "module.yaml"),
    parts=(
        ContainerPart((_provider(),)),
        TablePart(HERE / "migrations"),
        SubscriptionPart(SUBSCRIPTIONS),
        LifecyclePart((TrailSealed,)),
        HttpPart((AuditController,)),
        ConsolePart(
            controllers=(AuditPages,),
            templates=HERE / "templates",
            entries=(
                Entry(
                    label="Audit",
                    path="/audit",
                    order=70,
                    platform=True,
                    permission=ENTRY_READ,
                ),
            ),
        ),
    ),
)
