"""Subjects and resources of the AuthZEN Authorization API 1.0, in our words."""

import re
from dataclasses import dataclass
from uuid import UUID

from fairlead.kernel.principal import Principal, TenantId
from fairlead.services.authz.domain.scopes import checked_scope, ids_in
from fairlead.services.authz.public import (
    ROOT,
    BadScope,
    environment_scope,
    project_scope,
)

USER = "user"
TENANT = "tenant"
PROJECT = "project"
ENVIRONMENT = "environment"
RESOURCES = frozenset({TENANT, PROJECT, ENVIRONMENT})

_PAIR = re.compile(r"([0-9a-fA-F-]{36})/([0-9a-fA-F-]{36})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A subject or a resource: what it is, and which one."""

    type: str
    id: str


def id_in(text: str) -> UUID | None:
    """Return the id that `text` is in its one spelling; None: it may be a name."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


def is_self(subject: Entity, who: Principal) -> bool:
    """Tell whether the caller asks about themselves, by id or by name.

    A name that looks like an id counts as an id, so nobody passes for another.
    """
    if not who.known or subject.type != who.kind:
        return False
    given = id_in(subject.id)
    return subject.id.lower() == who.name.lower() if given is None else given == who.id


def scope_of(resource: Entity, tenant_id: TenantId) -> str | None:
    """Return the scope that a resource is; None: there is no such resource.

    A tenant is named by its id or `/`, a project by its id or scope, an environment by
    its scope or the ids of its project and itself with a slash between.
    """
    if resource.type == TENANT:
        known = resource.id.lower() in {ROOT, str(tenant_id)}
        return ROOT if known else None
    if resource.type not in RESOURCES:
        return None
    scope = _spelled(resource)
    return scope if scope and type_of(scope) == resource.type else None


def _spelled(resource: Entity) -> str | None:
    pair = _PAIR.fullmatch(resource.id)
    try:
        if resource.id.startswith(ROOT):
            return checked_scope(resource.id)
        if resource.type == ENVIRONMENT:
            return environment_scope(UUID(pair[1]), UUID(pair[2])) if pair else None
        return project_scope(UUID(resource.id))
    except (BadScope, ValueError):
        return None


def type_of(scope: str) -> str:
    """Return the type of the resource that a scope is."""
    project, environment = ids_in(scope)
    if environment is not None:
        return ENVIRONMENT
    return TENANT if project is None else PROJECT


def resource_of(scope: str, tenant_id: TenantId) -> Entity:
    """Return the resource that a scope is, by its id."""
    project, environment = ids_in(scope)
    if environment is not None:
        return Entity(type=ENVIRONMENT, id=f"{project}/{environment}")
    if project is not None:
        return Entity(type=PROJECT, id=str(project))
    return Entity(type=TENANT, id=str(tenant_id))
