"""Roles, scopes, and what a caller holds where."""

from fairlead.services.authz.domain.grants import Grants
from fairlead.services.authz.domain.roles import (
    ADMIN,
    ADMINISTRATION,
    DEVELOPER,
    VIEWER,
    RoleBook,
    built_in_roles,
)
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
    "VIEWER",
    "Grants",
    "RoleBook",
    "built_in_roles",
    "checked_scope",
    "covers",
    "ids_in",
    "parent_project",
]
