"""What retention removes, in the blobs."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.kernel.blobs import Blobs
from fairlead.services.audit.ports import Archive, Archived


@dataclass(frozen=True, slots=True)
class BlobArchive(Archive):
    """Keeps each part as one blob of JSON lines."""

    blobs: Blobs

    @override
    async def keep(self, key: str, lines: bytes) -> Archived:
        blob = await self.blobs.put_bytes(key, lines)
        return Archived(blob.key, blob.digest)
