"""What is known of artifacts, in a relational database."""

from dataclasses import fields
from uuid import UUID

from sqlalchemy import (
    RowMapping,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.kernel.principal import TenantId
from fairlead.modules.pipelines.domain.records import (
    StoredArtifact,
)
from fairlead.modules.pipelines.ports import ArtifactStore
from fairlead.modules.pipelines.public import Artifact
from fairlead.modules.pipelines.sql.tables import artifacts, values_of


class SqlArtifactStore(ArtifactStore):
    """Reads and writes `pipelines_artifacts`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the artifacts of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, artifact: StoredArtifact) -> None:
        mine = artifacts.c.tenant_id == self._tenant_id
        same = artifacts.c.id == artifact.artifact.id
        await self._connection.execute(artifacts.delete().where(mine, same))
        values = values_of(artifact.artifact) | {
            "tenant_id": self._tenant_id,
            "run_id": artifact.run_id,
            "executable": artifact.executable,
            "mode": artifact.mode,
        }
        await self._connection.execute(artifacts.insert(), values)

    @override
    async def of_run(self, run_id: UUID) -> tuple[StoredArtifact, ...]:
        query = (
            select(artifacts)
            .where(
                artifacts.c.tenant_id == self._tenant_id, artifacts.c.run_id == run_id
            )
            .order_by(artifacts.c.name)
        )
        rows = (await self._connection.execute(query)).mappings()
        return tuple(_artifact(row) for row in rows)


def _artifact(row: RowMapping) -> StoredArtifact:
    known = {field.name for field in fields(Artifact)}
    return StoredArtifact(
        run_id=row["run_id"],
        artifact=Artifact(**{key: row[key] for key in known}),
        executable=row["executable"],
        mode=row["mode"],
    )
