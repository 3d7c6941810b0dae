"""Roles, groups and bindings over HTTP."""

from fairlead.services.authz.http.bindings import BindingController
from fairlead.services.authz.http.groups import GroupController
from fairlead.services.authz.http.roles import RoleController

__all__ = ["BindingController", "GroupController", "RoleController"]
