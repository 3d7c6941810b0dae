"""Bindings over HTTP: translate, call one use case, translate back."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    BindingFilter,
    HolderKind,
    Roles,
)

Where = Annotated[
    str | None, QueryParameter(name="scope", description="Exactly this scope.")
]


class BindBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which user, or which group, gets which role where."""

    user: Annotated[str | None, Meta(examples=["ada"])] = None
    group: Annotated[str | None, Meta(examples=["operators"])] = None
    role: Annotated[str, Meta(examples=["developer"])]
    scope: Annotated[
        str, Meta(examples=["/", "/projects/01989fd1-7c1e-7c52-8a3a-111111111111"])
    ] = ROOT

    def __post_init__(self) -> None:
        """Refuse both and neither.

        Raises:
            ValueError: it does not name one of them.
        """
        if (self.user is None) is (self.group is None):
            raise ValueError("Name a user or a group")

    @property
    def holder(self) -> tuple[str, HolderKind]:
        """Return the name of the one that is given."""
        if self.group is None:
            return self.user or "", HolderKind.USER
        return self.group, HolderKind.GROUP


class BindingBody(Struct, kw_only=True):
    """A binding as clients see it."""

    id: UUID
    principal_kind: str
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
            principal_kind=binding.principal_kind.value,
            principal_id=binding.principal_id,
            principal_name=binding.principal_name,
            role=binding.role,
            scope=binding.scope,
            created_at=binding.created_at,
        )


def wanted_bindings(
    user: FromQuery[str | None] = None,
    group: FromQuery[str | None] = None,
    role: FromQuery[str | None] = None,
    where: Where = None,
) -> BindingFilter:
    """Return which bindings the query asks for."""
    return BindingFilter(user=user, group=group, role=role, scope=where)


class BindingController(Controller):
    """Routes under `/api/v1/bindings`."""

    path = "/api/v1/bindings"
    tags = ("authz",)

    @get(dependencies={"wanted": Provide(wanted_bindings, sync_to_thread=False)})
    @inject
    async def list_bindings(
        self,
        wanted: NamedDependency[BindingFilter],
        who: FromDishka[Principal],
        roles: FromDishka[Roles],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
    ) -> PageBody[BindingBody]:
        """List who has which role where, by the holder's name.

        Those of a user include those of their groups.
        """
        page = await roles.bindings(who, page_request(limit, after), wanted=wanted)
        return PageBody(
            items=[BindingBody.of(binding) for binding in page.items], next=page.next
        )

    @post()
    @inject
    async def bind(
        self,
        data: JSONBody[BindBody],
        who: FromDishka[Principal],
        roles: FromDishka[Roles],
    ) -> BindingBody:
        """Give a user or a group a role in a scope; a second time changes nothing.

        One needs everything the role allows oneself, in that scope.
        """
        holder, kind = data.holder
        binding = await roles.bind(who, holder, data.role, scope=data.scope, kind=kind)
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
