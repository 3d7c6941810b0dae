"""The trail in a relational database; triggers refuse to change or remove entries."""

from fairlead.services.audit.sql.entries import SqlEntryStore
from fairlead.services.audit.sql.proofs import SqlProofStore
from fairlead.services.audit.sql.surroundings import ConnectionSurroundings
from fairlead.services.audit.sql.tenants import SqlTenants

__all__ = ["ConnectionSurroundings", "SqlEntryStore", "SqlProofStore", "SqlTenants"]
