"""Roles, scopes, and what a caller holds where."""

from fairlead.services.authz.domain.built_in import (
    ADMIN,
    ADMINISTRATION,
    DEVELOPER,
    GUEST,
    VIEWER,
    built_in_roles,
)
from fairlead.services.authz.domain.grants import Grants
from fairlead.services.authz.domain.names import (
    check_name,
    check_summary,
    is_name,
    shown,
)
from fairlead.services.authz.domain.roles import OwnRole, RoleBook, reached_from
from fairlead.services.authz.domain.scopes import (
    checked_scope,
    covers,
    ids_in,
    parent_project,
)

__all__ = [
    "ADMIN",
    "ADMINISTRATION",
    "DEVELOPER",
    "GUEST",
    "VIEWER",
    "Grants",
    "OwnRole",
    "RoleBook",
    "built_in_roles",
    "check_name",
    "check_summary",
    "checked_scope",
    "covers",
    "ids_in",
    "is_name",
    "parent_project",
    "reached_from",
    "shown",
]
