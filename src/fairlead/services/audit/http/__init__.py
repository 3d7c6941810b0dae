"""The trail over HTTP: translate, call one use case, translate back."""

from fairlead.services.audit.http.checkpoints import CheckpointController
from fairlead.services.audit.http.entries import AuditController

__all__ = ["AuditController", "CheckpointController"]
