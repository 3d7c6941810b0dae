"""The manifest and the wiring of audit."""

from datetime import timedelta
from pathlib import Path

from dishka import Provider, Scope

from fairlead.adapters.bus.part import SubscriptionPart
from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart, LifecyclePart
from fairlead.kernel.module import Module
from fairlead.services.audit.activities import AuditActivities
from fairlead.services.audit.archives import BlobArchive
from fairlead.services.audit.http import AuditController, CheckpointController
from fairlead.services.audit.memos import FileMemo
from fairlead.services.audit.pages import CONSOLE
from fairlead.services.audit.ports import (
    Archive,
    EntryStore,
    Memo,
    ProofStore,
    Sealer,
    Signer,
    Surroundings,
    Tenants,
)
from fairlead.services.audit.public import AuditLog, AuditTrail
from fairlead.services.audit.refusals import Refusals
from fairlead.services.audit.seals import KeySealer
from fairlead.services.audit.settings import AuditSettings
from fairlead.services.audit.signing import KeySigner
from fairlead.services.audit.sql import (
    ConnectionSurroundings,
    SqlEntryStore,
    SqlProofStore,
    SqlTenants,
)
from fairlead.services.audit.tasks import SUBSCRIPTIONS, TrailSealed
from fairlead.services.audit.use_cases.checkpoints import (
    ListCheckpoints,
    TakeCheckpoint,
)
from fairlead.services.audit.use_cases.read import (
    ExportTrail,
    ListEntries,
    LocalAuditLog,
    ReadState,
)
from fairlead.services.audit.use_cases.record import (
    AppendEntry,
    LocalAuditTrail,
    SealTrail,
)
from fairlead.services.audit.use_cases.retention import RemoveOldEntries, Retention
from fairlead.services.audit.use_cases.verify import Inspection, VerifyChain
from fairlead.services.audit.verdicts import Verdicts
from fairlead.services.audit.workflows import WORKFLOWS

HERE = Path(__file__).parent


def _sealer(home: Home) -> Sealer:
    return KeySealer.of(home.path / "keys")


def _signer(home: Home) -> Signer:
    return KeySigner(home.path / "keys")


def _memo(home: Home) -> Memo:
    return FileMemo(home.path / "keys")


def _retention(settings: AuditSettings) -> Retention:
    days = settings.retention_days
    keep = None if days is None else timedelta(days=days)
    return Retention(keep=keep, archive=settings.archive)


def _provider() -> Provider:
    provider = Provider(scope=Scope.REQUEST)
    for kept in (Refusals, Verdicts, TrailSealed, AuditActivities):
        provider.provide(kept, scope=Scope.APP)
    for make in (_sealer, _signer, _memo, _retention):
        provider.provide(make, scope=Scope.APP)
    provider.provide(SqlEntryStore, provides=EntryStore)
    provider.provide(SqlProofStore, provides=ProofStore)
    provider.provide(SqlTenants, provides=Tenants)
    provider.provide(BlobArchive, provides=Archive)
    provider.provide(ConnectionSurroundings, provides=Surroundings)
    provider.provide(LocalAuditTrail, provides=AuditTrail)
    provider.provide(LocalAuditLog, provides=AuditLog)
    for use_case in (
        AppendEntry,
        SealTrail,
        Inspection,
        VerifyChain,
        ListEntries,
        ReadState,
        ExportTrail,
        TakeCheckpoint,
        ListCheckpoints,
        RemoveOldEntries,
    ):
        provider.provide(use_case)
    return provider


MODULE = Module(
    manifest=read_manifest(HERE / "module.yaml"),
    parts=(
        ContainerPart((_provider(),)),
        TablePart(HERE / "migrations"),
        SettingsPart("audit", AuditSettings),
        SubscriptionPart(SUBSCRIPTIONS),
        EnginePart(workflows=WORKFLOWS, activities=(AuditActivities,)),
        LifecyclePart((TrailSealed,)),
        HttpPart((AuditController, CheckpointController)),
        CONSOLE,
    ),
)
