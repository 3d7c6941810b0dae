"""Users, and what is kept for them, in a relational database."""

from fairlead.services.identity.sql.factors import SqlFactorStore
from fairlead.services.identity.sql.links import SqlLinkStore
from fairlead.services.identity.sql.tallies import SqlTallyStore
from fairlead.services.identity.sql.users import SqlUserStore

__all__ = ["SqlFactorStore", "SqlLinkStore", "SqlTallyStore", "SqlUserStore"]
