"""Roles and bindings over HTTP."""

from fairlead.services.authz.http.roles import BindingController, RoleController

__all__ = ["BindingController", "RoleController"]
