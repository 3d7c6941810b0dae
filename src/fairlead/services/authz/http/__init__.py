"""Roles, groups, bindings and decisions over HTTP."""

from fairlead.services.authz.http.authzen import (
    EvaluationController,
    MetadataController,
    SearchController,
)
from fairlead.services.authz.http.bindings import BindingController
from fairlead.services.authz.http.decisions import DecisionController
from fairlead.services.authz.http.groups import GroupController
from fairlead.services.authz.http.policies import PolicyController
from fairlead.services.authz.http.roles import RoleController

__all__ = [
    "BindingController",
    "DecisionController",
    "EvaluationController",
    "GroupController",
    "MetadataController",
    "PolicyController",
    "RoleController",
    "SearchController",
]
