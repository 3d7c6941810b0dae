"""Whether there is room where the data is."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from fairlead.kernel.health import Health, HealthCheck

PROBE_BYTES = 4096
LEAST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DiskCheck(HealthCheck):
    """Writes a file without a name, and looks at the free space of its disk."""

    folder: Path
    least_bytes: int = LEAST_BYTES

    @override
    async def check(self) -> Health:
        try:
            free = await asyncio.to_thread(self._free)
        except OSError as error:
            detail = f"The data folder cannot be written: {error.strerror}."
            return Health(name="disk", ok=False, detail=detail)
        if free < self.least_bytes:
            mebibytes = free // (1024 * 1024)
            detail = f"The disk of the data folder is full: {mebibytes} MiB are free."
            return Health(name="disk", ok=False, detail=detail)
        return Health(name="disk", ok=True)

    def _free(self) -> int:
        with tempfile.TemporaryFile(dir=self.folder) as probe:
            probe.write(bytes(PROBE_BYTES))
        return shutil.disk_usage(self.folder).free
