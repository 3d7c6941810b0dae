"""Who has which role where, in the console."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, field, local_path
from fairlead.adapters.pages.pages import Pages, go
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.pages.sections import PER_PAGE, SECTION, Look, places, show
from fairlead.services.authz.permissions import (
    BINDING_CREATE,
    BINDING_DELETE,
    ROLE_READ,
)
from fairlead.services.authz.public import (
    ROOT,
    BindingFilter,
    HolderKind,
    Role,
    Roles,
)


class AccessPages(PageController):
    """`/access`: who has which role where, and from where."""

    path = SECTION

    @get("/")
    @inject
    async def show(
        self, request: AnyRequest, roles: FromDishka[Roles], pages: FromDishka[Pages]
    ) -> Response[str]:
        """Show who has which role where."""
        return await _page(request, roles, pages, BindForm())

    @post("/bindings")
    @inject
    async def bind(
        self, request: AnyRequest, roles: FromDishka[Roles], pages: FromDishka[Pages]
    ) -> Response[Any]:
        """Give a user or a group a role in a scope."""
        typed = BindForm(
            kind=await field(request, "kind") or HolderKind.USER,
            holder=await field(request, "holder"),
            role=await field(request, "role"),
            scope=await field(request, "scope") or ROOT,
        )
        try:
            await roles.bind(
                pages.who,
                typed.holder,
                typed.role,
                scope=typed.scope,
                kind=typed.holder_kind,
            )
        except FairleadError as error:
            return await _page(request, roles, pages, typed, fault=error)
        return go(local_path(await field(request, "back") or SECTION))

    @post("/bindings/{binding:uuid}/delete")
    @inject
    async def unbind(
        self,
        request: AnyRequest,
        binding: FromPath[UUID],
        who: FromDishka[Principal],
        roles: FromDishka[Roles],
    ) -> Redirect:
        """Take a role away."""
        await roles.unbind(who, binding)
        return go(local_path(request.query_params.get("back") or SECTION))


class BindForm:
    """What the form that gives a role holds, as it was typed."""

    def __init__(
        self,
        *,
        kind: str = HolderKind.USER,
        holder: str = "",
        role: str = "",
        scope: str = ROOT,
    ) -> None:
        """Begin with nothing typed."""
        self.kind = kind
        self.holder = holder
        self.role = role
        self.scope = scope

    @property
    def holder_kind(self) -> HolderKind:
        """Return what kind of holder was chosen; a user if none was."""
        return HolderKind.GROUP if self.kind == HolderKind.GROUP else HolderKind.USER


async def _page(
    request: AnyRequest,
    roles: Roles,
    pages: Pages,
    typed: BindForm,
    fault: FairleadError | None = None,
) -> Response[str]:
    given = {
        name: request.query_params.get(name, "").strip()
        for name in ("user", "group", "role")
    }
    wanted = BindingFilter(
        user=given["user"] or None,
        group=given["group"] or None,
        role=given["role"] or None,
    )
    asked = page_request(PER_PAGE, request.query_params.get("after"))
    found = await roles.bindings(pages.who, asked, wanted=wanted)
    known: tuple[Role, ...] = ()
    if await pages.may(ROLE_READ):
        known = (await roles.list(pages.who, PageRequest(limit=PER_PAGE))).items
    look = Look(
        template="access.html",
        title="Access",
        command="fairlead roles bindings",
        tab=SECTION,
        fault=fault,
    )
    return await show(
        request,
        pages,
        look,
        bindings=found.items,
        next=found.next,
        wanted=given,
        roles=known,
        typed=typed,
        may={
            "bind": await pages.may(BINDING_CREATE),
            "unbind": await pages.may(BINDING_DELETE),
        },
        **await places(pages),
    )
