"""Roles, groups, bindings, and what goes with them, in a relational database."""

from fairlead.services.authz.sql.bindings import SqlBindingStore
from fairlead.services.authz.sql.groups import SqlGroupStore
from fairlead.services.authz.sql.holders import SqlHolderStore
from fairlead.services.authz.sql.policies import SqlPolicyStore
from fairlead.services.authz.sql.roles import SqlRoleStore
from fairlead.services.authz.sql.versions import SqlVersionStore

__all__ = [
    "SqlBindingStore",
    "SqlGroupStore",
    "SqlHolderStore",
    "SqlPolicyStore",
    "SqlRoleStore",
    "SqlVersionStore",
]
