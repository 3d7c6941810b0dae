"""The trail in a relational database; triggers refuse to change or remove entries."""

from fairlead.services.audit.sql.entries import SqlEntryStore
from fairlead.services.audit.sql.proofs import SqlProofStore
from fairlead.services.audit.sql.surroundings import ConnectionSurroundings

__all__ = ["ConnectionSurroundings", "SqlEntryStore", "SqlProofStore"]
