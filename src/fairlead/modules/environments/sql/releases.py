"""Releases and replicas in a relational database."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.kernel.principal import TenantId
from fairlead.modules.environments.domain import (
    Release,
    ReleaseState,
    Replica,
    ReplicaState,
    order_json,
    order_of,
)
from fairlead.modules.environments.ports import ReleaseStore
from fairlead.modules.environments.sql.tables import releases, replicas

NEWEST = 50


class SqlReleaseStore(ReleaseStore):
    """Reads and writes `environments_releases` and `environments_replicas`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """See one tenant's rows through `connection`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def put(self, release: Release) -> None:
        values = {
            "run_id": release.run_id,
            "run_number": release.run_number,
            "deployment": release.deployment,
            "specification": order_json(release.order),
            "state": release.state,
            "created_at": release.created_at,
        }
        update = (
            releases.update()
            .where(releases.c.tenant_id == self._tenant_id)
            .where(releases.c.workload_id == release.workload_id)
            .where(releases.c.number == release.number)
            .values(**values)
        )
        if (await self._connection.execute(update)).rowcount == 0:
            key = {"workload_id": release.workload_id, "number": release.number}
            await self._connection.execute(
                releases.insert(), {**key, **values, "tenant_id": self._tenant_id}
            )

    @override
    async def of(self, workload_id: UUID) -> Sequence[Release]:
        query = (
            select(releases)
            .where(releases.c.tenant_id == self._tenant_id)
            .where(releases.c.workload_id == workload_id)
            .order_by(releases.c.number.desc())
            .limit(NEWEST)
        )
        rows = (await self._connection.execute(query)).mappings()
        return [_release(row) for row in rows]

    @override
    async def put_replica(self, replica: Replica) -> None:
        values: dict[str, Any] = {
            "workload_id": replica.workload_id,
            "release": replica.release,
            "number": replica.index,
            "start": replica.start,
            "port": replica.port,
            "deployment": replica.deployment,
            "state": replica.state,
        }
        update = (
            replicas.update()
            .where(replicas.c.tenant_id == self._tenant_id)
            .where(replicas.c.key == replica.key)
            .values(**values)
        )
        if (await self._connection.execute(update)).rowcount == 0:
            values |= {"key": replica.key, "tenant_id": self._tenant_id}
            await self._connection.execute(replicas.insert(), values)

    @override
    async def replicas(self, workload_id: UUID) -> Sequence[Replica]:
        query = (
            select(replicas)
            .where(replicas.c.tenant_id == self._tenant_id)
            .where(replicas.c.workload_id == workload_id)
            .order_by(replicas.c.release, replicas.c.number, replicas.c.start)
        )
        rows = (await self._connection.execute(query)).mappings()
        return [_replica(row) for row in rows]

    @override
    async def remove_replica(self, key: str) -> None:
        await self._connection.execute(
            replicas.delete()
            .where(replicas.c.tenant_id == self._tenant_id)
            .where(replicas.c.key == key)
        )


def _release(row: RowMapping) -> Release:
    return Release(
        workload_id=row["workload_id"],
        number=row["number"],
        run_id=row["run_id"],
        run_number=row["run_number"],
        deployment=row["deployment"],
        order=order_of(row["specification"]),
        state=ReleaseState(row["state"]),
        created_at=row["created_at"],
    )


def _replica(row: RowMapping) -> Replica:
    return Replica(
        workload_id=row["workload_id"],
        release=row["release"],
        index=row["number"],
        start=row["start"],
        port=row["port"],
        deployment=row["deployment"],
        state=ReplicaState(row["state"]),
    )
