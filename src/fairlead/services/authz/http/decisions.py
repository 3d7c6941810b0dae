"""Decisions and comparisons over HTTP."""

from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, get, post
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromQuery, QueryParameter
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.http.bindings import BindingBody
from fairlead.services.authz.public import (
    ROOT,
    BadComparison,
    Capable,
    Comparisons,
    Decision,
    Decisions,
    Difference,
    RoleDraft,
)

JSON = RequestEncodingType.JSON
Permission = Annotated[str, QueryParameter(description="E.g. `pipelines.run.start`.")]
Where = Annotated[
    str,
    QueryParameter(name="scope", description="Where, e.g. `/projects/ID`; `/`: all."),
]
NAMED = Meta(examples=["release-manager"])
PATH = Meta(examples=[["developer", "viewer"]])
GIVEN = Meta(examples=[["pipelines.run.read", "pipelines.run.start"]])
REASON = Meta(examples=["The role 'developer' in / gives it."])
TOLD = Meta(examples=[""])
Few = Meta(max_length=1_000)


class DecisionBody(Struct, kw_only=True):
    """Whether somebody may do something somewhere, and by what.

    `binding` decides, null: none gives the permission there; `path` leads from its role
    to the one whose own the permission is; `policy` forbids it, empty: none does.
    """

    allowed: bool
    permission: str
    scope: str
    binding: BindingBody | None
    path: Annotated[list[str], PATH]
    policy: Annotated[str, TOLD]
    reason: Annotated[str, REASON]

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """Show all of it."""
        return cls(
            allowed=decision.allowed,
            permission=decision.permission,
            scope=decision.scope,
            binding=BindingBody.of(decision.binding) if decision.binding else None,
            path=list(decision.path),
            policy=decision.policy,
            reason=decision.reason,
        )


class CapableBody(Struct, kw_only=True):
    """A user who may do something somewhere, and by what; as in a decision."""

    user_id: UUID
    user_name: Annotated[str, Meta(examples=["ada"])]
    binding: BindingBody
    path: Annotated[list[str], PATH]

    @classmethod
    def of(cls, capable: Capable) -> Self:
        """Show all of it."""
        return cls(
            user_id=capable.user_id,
            user_name=capable.user_name,
            binding=BindingBody.of(capable.binding),
            path=list(capable.path),
        )


class RoleChangeBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a role shall be, made or replaced; with `delete` it shall be gone."""

    name: Annotated[str, NAMED]
    permissions: Annotated[list[str], Few, GIVEN] = []
    includes: Annotated[list[str], Few, Meta(examples=[["viewer"]])] = []
    delete: bool = False


class ModuleChangeBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """The permissions that the next version of a module declares."""

    name: Annotated[str, Meta(examples=["pipelines"])]
    permissions: Annotated[list[str], Few, GIVEN]


class DiffBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What to compare with: one role or one module."""

    role: RoleChangeBody | None = None
    module: ModuleChangeBody | None = None


EXAMPLE = Example(
    value={
        "role": {
            "name": "release-manager",
            "permissions": ["pipelines.run.start"],
            "includes": ["viewer"],
        }
    }
)


class DifferenceBody(Struct, kw_only=True):
    """What one user would gain and lose in one scope."""

    user_id: UUID
    user_name: Annotated[str, Meta(examples=["ada"])]
    scope: str
    gains: Annotated[list[str], GIVEN]
    loses: Annotated[list[str], Meta(examples=[["pipelines.run.cancel"]])]

    @classmethod
    def of(cls, difference: Difference) -> Self:
        """Sort the permissions."""
        return cls(
            user_id=difference.user_id,
            user_name=difference.user_name,
            scope=difference.scope,
            gains=sorted(difference.gains),
            loses=sorted(difference.loses),
        )


class DecisionController(Controller):
    """Routes under `/api/v1/decisions`."""

    path = "/api/v1/decisions"
    tags = ("authz",)

    @get("/can-i")
    @inject
    async def can_i(
        self,
        who: FromDishka[Principal],
        decisions: FromDishka[Decisions],
        permission: Permission,
        on: Where = ROOT,
    ) -> DecisionBody:
        """Tell whether the caller may do something in a scope, and by what."""
        return DecisionBody.of(await decisions.can_i(who, permission, on=on))

    @get("/can")
    @inject
    async def can(
        self,
        who: FromDishka[Principal],
        decisions: FromDishka[Decisions],
        user: FromQuery[str],
        permission: Permission,
        on: Where = ROOT,
    ) -> DecisionBody:
        """Tell whether a user may do something in a scope, and by what."""
        return DecisionBody.of(await decisions.can(who, user, permission, on=on))

    @get("/who-can")
    @inject
    async def who_can(
        self,
        who: FromDishka[Principal],
        decisions: FromDishka[Decisions],
        permission: Permission,
        on: Where = ROOT,
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
    ) -> PageBody[CapableBody]:
        """List the users who may do something in a scope, and by what.

        Members of groups are among them, disabled users are not. A page may hold fewer
        than asked for and still not be the last.
        """
        page = page_request(limit, after)
        found = await decisions.who_can(who, permission, page, on=on)
        items = [CapableBody.of(capable) for capable in found.items]
        return PageBody(items=items, next=found.next)

    @post("/diff", status_code=200)
    @inject
    async def diff(
        self,
        data: Annotated[DiffBody, BodyKwarg(media_type=JSON, examples=[EXAMPLE])],
        who: FromDishka[Principal],
        comparisons: FromDishka[Comparisons],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
    ) -> PageBody[DifferenceBody]:
        """Tell who would gain or lose what with another role or module.

        Nothing is changed. Users come by name, each with all their scopes on one page;
        `limit` counts users.
        """
        page = page_request(limit, after)
        found = await self._compared(comparisons, who, data, page)
        items = [DifferenceBody.of(difference) for difference in found.items]
        return PageBody(items=items, next=found.next)

    async def _compared(
        self,
        comparisons: Comparisons,
        who: Principal,
        data: DiffBody,
        page: PageRequest,
    ) -> Page[Difference]:
        """Compare with what was sent.

        Raises:
            BadComparison: that is no role and no module, or both.
        """
        if data.role is not None and data.module is None:
            role = data.role
            draft = RoleDraft(
                permissions=frozenset(role.permissions),
                includes=frozenset(role.includes),
            )
            return await comparisons.role(
                who, role.name, None if role.delete else draft, page
            )
        if data.module is not None and data.role is None:
            permissions = frozenset(data.module.permissions)
            return await comparisons.module(who, data.module.name, permissions, page)
        raise BadComparison("Say either `role` or `module`.")
