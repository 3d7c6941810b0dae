"""Storing what a build leaves as artifacts."""

import asyncio
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from fairlead.kernel.blobs import Blob, Blobs
from fairlead.kernel.engine import Attempt, Json, activity
from fairlead.modules.pipelines.activities.desk import Desk, Errand
from fairlead.modules.pipelines.activities.gathering import Gathered, gather
from fairlead.modules.pipelines.activities.workplace import Workplace, Workplaces
from fairlead.modules.pipelines.domain.errors import OutputRefused
from fairlead.modules.pipelines.domain.plan import OutputPlan
from fairlead.modules.pipelines.domain.records import (
    Record,
    StoredArtifact,
    artifact_id,
)
from fairlead.modules.pipelines.public import Artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputActivities:
    """Collects outputs."""

    desk: Desk
    places: Workplaces
    blobs: Blobs
    max_bytes: int

    @activity("pipelines.collect")
    async def collect(self, attempt: Attempt) -> Json:
        """Store one output; doing it again stores the same under the same id.

        Raises:
            OutputRefused: its pattern, or what it matched, breaks a rule.
        """
        errand = Errand.of(attempt)
        async with self.desk.open(errand) as progress:
            record, plan = await progress.plan_of(errand.run_id)
        name = errand.argument["output"]
        output = {output.name: output for output in plan.outputs}[name]
        stored = await self._store(record, output)
        async with self.desk.open(errand) as progress:
            await progress.keep(stored)
        return {"artifact": str(stored.artifact.id)}

    async def _store(self, record: Record, output: OutputPlan) -> StoredArtifact:
        place = self.places.of(record.id)
        new = artifact_id(record.id, output.name)
        staged = place.staging / str(new)
        gathered = await asyncio.to_thread(self._stage, place, output, staged)
        try:
            blob = await self.blobs.put(f"artifacts/{new}/payload", staged)
        finally:
            await asyncio.to_thread(staged.unlink, missing_ok=True)
        stored = StoredArtifact(
            run_id=record.id,
            artifact=Artifact(
                id=new,
                name=output.name,
                type=output.type,
                filename=gathered.filename,
                size=blob.size,
                digest=blob.digest,
            ),
            executable=gathered.executable,
            mode=gathered.mode,
        )
        await self.blobs.put_bytes(
            f"{stored.folder}/metadata.json", _metadata(record, stored, blob)
        )
        return stored

    def _stage(self, place: Workplace, output: OutputPlan, staged: Path) -> Gathered:
        try:
            place.prepare()
            staged.unlink(missing_ok=True)
            return gather(place.source, output, staged, max_bytes=self.max_bytes)
        except OSError as error:
            raise OutputRefused(
                f"Output '{output.name}' cannot be stored: {error.strerror or error}.",
                output=output.name,
            ) from error


def _metadata(record: Record, stored: StoredArtifact, blob: Blob) -> bytes:
    about = {
        **asdict(stored.artifact),
        "id": str(stored.artifact.id),
        "executable": stored.executable,
        "mode": None if stored.mode is None else f"{stored.mode:04o}",
        "digest": blob.digest,
        "run_id": str(record.id),
        "project_id": str(record.project_id),
        "project": record.project,
        "number": record.number,
        "commit": record.commit,
    }
    return json.dumps(about, indent=2, sort_keys=True).encode() + b"\n"
