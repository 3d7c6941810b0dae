"""Sessions and keys in a relational database."""

from fairlead.services.auth.sql.sessions import (
    SqlInstallationStore,
    SqlKeyStore,
    SqlSessionStore,
)

__all__ = ["SqlInstallationStore", "SqlKeyStore", "SqlSessionStore"]
