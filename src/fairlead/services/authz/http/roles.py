"""Roles over HTTP: translate, call one use case, translate back."""

from typing import Annotated, Self

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import Role, RoleDraft, Roles

Permissions = Annotated[
    list[str], Meta(examples=[["pipelines.run.start", "pipelines.run.read"]])
]
Names = Annotated[list[str], Meta(examples=[["viewer"]])]


class RoleBody(Struct, kw_only=True):
    """A role as clients see it.

    `permissions` has all it allows, `own` what it allows by itself, `inert` what it is
    meant to allow and no module declares any more.
    """

    name: str
    summary: str
    permissions: list[str]
    own: list[str]
    includes: list[str]
    inert: list[str]
    built_in: bool

    @classmethod
    def of(cls, role: Role) -> Self:
        """Sort the permissions."""
        return cls(
            name=role.name,
            summary=role.summary,
            permissions=sorted(role.permissions),
            own=sorted(role.own),
            includes=sorted(role.includes),
            inert=sorted(role.inert),
            built_in=role.built_in,
        )


class DraftBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a role shall be: what is left out is empty."""

    summary: Annotated[str, Meta(examples=["Release and roll back"])] = ""
    permissions: Permissions = []
    includes: Names = []

    def draft(self) -> RoleDraft:
        """Return it as the use cases take it."""
        return RoleDraft(
            summary=self.summary,
            permissions=frozenset(self.permissions),
            includes=frozenset(self.includes),
        )


class NewRoleBody(DraftBody, kw_only=True, forbid_unknown_fields=True):
    """A role to add."""

    name: Annotated[str, Meta(examples=["release-manager"])]


class RoleController(Controller):
    """Routes under `/api/v1/roles`."""

    path = "/api/v1/roles"
    tags = ("authz",)

    @get()
    @inject
    async def list_roles(
        self,
        who: FromDishka[Principal],
        roles: FromDishka[Roles],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
    ) -> PageBody[RoleBody]:
        """List the roles by name and what they allow."""
        page = await roles.list(who, page_request(limit, after))
        return PageBody(
            items=[RoleBody.of(role) for role in page.items], next=page.next
        )

    @post()
    @inject
    async def create_role(
        self,
        data: JSONBody[NewRoleBody],
        who: FromDishka[Principal],
        roles: FromDishka[Roles],
    ) -> RoleBody:
        """Add a role; one needs everything it allows oneself, everywhere."""
        return RoleBody.of(await roles.create(who, data.name, data.draft()))

    @get("/{role:str}")
    @inject
    async def show_role(
        self, role: FromPath[str], who: FromDishka[Principal], roles: FromDishka[Roles]
    ) -> RoleBody:
        """Show one role."""
        return RoleBody.of(await roles.get(who, role))

    @put("/{role:str}")
    @inject
    async def update_role(
        self,
        role: FromPath[str],
        data: JSONBody[DraftBody],
        who: FromDishka[Principal],
        roles: FromDishka[Roles],
    ) -> RoleBody:
        """Replace what a role is; who has it has the new rights at once."""
        return RoleBody.of(await roles.update(who, role, data.draft()))

    @delete("/{role:str}")
    @inject
    async def delete_role(
        self, role: FromPath[str], who: FromDishka[Principal], roles: FromDishka[Roles]
    ) -> None:
        """Delete a role that nobody has and no other role includes."""
        await roles.delete(who, role)
