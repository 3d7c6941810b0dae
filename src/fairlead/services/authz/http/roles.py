"""Roles and bindings over HTTP: translate, call one use case, translate back."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from fairlead.adapters.http.paging import PageBody
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import ROOT, Binding, Role, Roles


class RoleBody(Struct, kw_only=True):
    """A role as clients see it."""

    name: str
    summary: str
    permissions: list[str]
    built_in: bool

    @classmethod
    def of(cls, role: Role) -> Self:
        """Sort the permissions."""
        return cls(
            name=role.name,
            summary=role.summary,
            permissions=sorted(role.permissions),
            built_in=role.built_in,
        )


class BindBody(Struct, forbid_unknown_fields=True):
    """Who gets which role where."""

    user: Annotated[str, Meta(examples=["ada"])]
    role: Annotated[str, Meta(examples=["developer"])]
    scope: Annotated[
        str, Meta(examples=["/", "/projects/01989fd1-7c1e-7c52-8a3a-111111111111"])
    ] = ROOT


class BindingBody(Struct, kw_only=True):
    """A binding as clients see it."""

    id: UUID
    principal_id: UUID
    principal_name: str
    role: str
    scope: str
    created_at: datetime

    @classmethod
    def of(cls, binding: Binding) -> Self:
        """Show all of it."""
        return cls(
            id=binding.id,
            principal_id=binding.principal_id,
            principal_name=binding.principal_name,
            role=binding.role,
            scope=binding.scope,
            created_at=binding.created_at,
        )


class RoleController(Controller):
    """Routes under `/api/v1/roles`."""

    path = "/api/v1/roles"
    tags = ("authz",)

    @get()
    @inject
    async def list_roles(
        self, who: FromDishka[Principal], roles: FromDishka[Roles]
    ) -> PageBody[RoleBody]:
        """List the roles and what they allow."""
        return PageBody(items=[RoleBody.of(role) for role in await roles.list(who)])


class BindingController(Controller):
    """Routes under `/api/v1/bindings`."""

    path = "/api/v1/bindings"
    tags = ("authz",)

    @get()
    @inject
    async def list_bindings(
        self,
        who: FromDishka[Principal],
        roles: FromDishka[Roles],
        user: FromQuery[str | None] = None,
    ) -> PageBody[BindingBody]:
        """List who has which role where, of everybody or of one user."""
        found = await roles.bindings(who, principal=user)
        return PageBody(items=[BindingBody.of(binding) for binding in found])

    @post()
    @inject
    async def bind(
        self,
        data: JSONBody[BindBody],
        who: FromDishka[Principal],
        roles: FromDishka[Roles],
    ) -> BindingBody:
        """Give a user a role in a scope; a second time changes nothing."""
        binding = await roles.bind(who, data.user, data.role, scope=data.scope)
        return BindingBody.of(binding)

    @delete("/{binding:uuid}")
    @inject
    async def unbind(
        self,
        binding: FromPath[UUID],
        who: FromDishka[Principal],
        roles: FromDishka[Roles],
    ) -> None:
        """Take a role away."""
        await roles.unbind(who, binding)
