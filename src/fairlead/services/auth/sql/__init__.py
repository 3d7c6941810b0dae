"""Sessions and keys in a relational database."""

from fairlead.services.auth.sql.api_keys import SqlApiKeyStore
from fairlead.services.auth.sql.runs import SqlRunIdentityStore
from fairlead.services.auth.sql.sessions import (
    SqlInstallationStore,
    SqlKeyStore,
    SqlSessionStore,
)

__all__ = [
    "SqlApiKeyStore",
    "SqlInstallationStore",
    "SqlKeyStore",
    "SqlRunIdentityStore",
    "SqlSessionStore",
]
