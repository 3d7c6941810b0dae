"""The last checkpoint in a file beside the keys."""

import json
from pathlib import Path

import structlog
from typing_extensions import override

from fairlead.kernel.principal import TenantId
from fairlead.services.audit.domain.lines import BadLine, proof_line, read_proof
from fairlead.services.audit.key_files import write
from fairlead.services.audit.ports import Memo
from fairlead.services.audit.public import Checkpoint


class FileMemo(Memo):
    """Keeps it as `audit-last-TENANT.json`; where it cannot, the log says so."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which need not exist yet."""
        self._folder = folder
        self._log = structlog.get_logger("fairlead.audit")

    @override
    def note(self, tenant: TenantId, taken: Checkpoint) -> None:
        try:
            write(self._file(tenant), proof_line(taken).decode().rstrip())
        except OSError as error:
            self._log.warning("checkpoint_not_noted", reason=str(error))

    @override
    def last(self, tenant: TenantId) -> Checkpoint | None:
        try:
            text = self._file(tenant).read_text("utf-8")
            return read_proof(json.loads(text), Checkpoint)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, BadLine) as error:
            self._log.warning("checkpoint_not_read", reason=str(error))
            return None

    def _file(self, tenant: TenantId) -> Path:
        return self._folder / f"audit-last-{tenant}.json"
