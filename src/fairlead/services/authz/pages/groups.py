"""Groups in the console."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, go
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.pages.sections import PER_PAGE, SECTION, Look, places, show
from fairlead.services.authz.permissions import (
    BINDING_CREATE,
    BINDING_DELETE,
    BINDING_READ,
    GROUP_CREATE,
    GROUP_DELETE,
    GROUP_UPDATE,
    MEMBER_CREATE,
    MEMBER_DELETE,
    ROLE_READ,
)
from fairlead.services.authz.public import Binding, BindingFilter, Groups, Role, Roles

TAB = f"{SECTION}/groups"
MOST = 200


class GroupPages(PageController):
    """Pages under `/access/groups`."""

    path = TAB

    @get("/")
    @inject
    async def list(
        self, request: AnyRequest, groups: FromDishka[Groups], pages: FromDishka[Pages]
    ) -> Response[str]:
        """Show the groups by name."""
        return await _list(request, groups, pages)

    @post("/")
    @inject
    async def create(
        self, request: AnyRequest, groups: FromDishka[Groups], pages: FromDishka[Pages]
    ) -> Response[Any]:
        """Add a group."""
        typed = {
            "name": await field(request, "name"),
            "summary": await field(request, "summary"),
        }
        try:
            made = await groups.create(
                pages.who, typed["name"], summary=typed["summary"]
            )
        except FairleadError as error:
            return await _list(request, groups, pages, typed=typed, fault=error)
        return go(f"{TAB}/{made.name}")

    @get("/{group:str}")
    @inject
    async def show(
        self,
        request: AnyRequest,
        group: FromPath[str],
        groups: FromDishka[Groups],
        roles: FromDishka[Roles],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show a group: who is in it and what it has."""
        return await _group(request, pages, groups, roles, group)

    @post("/{group:str}")
    @inject
    async def update(
        self,
        request: AnyRequest,
        group: FromPath[str],
        groups: FromDishka[Groups],
        roles: FromDishka[Roles],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Replace the summary."""
        try:
            await groups.update(
                pages.who, group, summary=await field(request, "summary")
            )
        except FairleadError as error:
            return await _group(request, pages, groups, roles, group, fault=error)
        return go(f"{TAB}/{group}")

    @post("/{group:str}/members")
    @inject
    async def add(
        self,
        request: AnyRequest,
        group: FromPath[str],
        groups: FromDishka[Groups],
        roles: FromDishka[Roles],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Add a user."""
        user = await field(request, "user")
        try:
            await groups.add(pages.who, group, user)
        except FairleadError as error:
            return await _group(
                request, pages, groups, roles, group, user=user, fault=error
            )
        return go(f"{TAB}/{group}")

    @post("/{group:str}/members/{user:str}/delete")
    @inject
    async def remove(
        self,
        group: FromPath[str],
        user: FromPath[str],
        who: FromDishka[Principal],
        groups: FromDishka[Groups],
    ) -> Redirect:
        """Take a user out."""
        await groups.remove(who, group, user)
        return go(f"{TAB}/{group}")

    @post("/{group:str}/delete")
    @inject
    async def delete(
        self,
        group: FromPath[str],
        who: FromDishka[Principal],
        groups: FromDishka[Groups],
    ) -> Redirect:
        """Delete a group and what it had."""
        await groups.delete(who, group)
        return go(TAB)


async def _list(
    request: AnyRequest,
    groups: Groups,
    pages: Pages,
    *,
    typed: dict[str, str] | None = None,
    fault: FairleadError | None = None,
) -> Response[str]:
    asked = page_request(PER_PAGE, request.query_params.get("after"))
    found = await groups.list(pages.who, asked)
    look = Look(
        template="groups.html",
        title="Groups",
        command="fairlead groups list",
        tab=TAB,
        fault=fault,
    )
    return await show(
        request,
        pages,
        look,
        groups=found.items,
        next=found.next,
        typed=typed or {"name": "", "summary": ""},
        may={"create": await pages.may(GROUP_CREATE)},
    )


async def _group(  # noqa: PLR0913 - what a page shows
    request: AnyRequest,
    pages: Pages,
    groups: Groups,
    roles: Roles,
    name: str,
    *,
    user: str = "",
    fault: FairleadError | None = None,
) -> Response[str]:
    group = await groups.get(pages.who, name)
    asked = page_request(PER_PAGE, request.query_params.get("after"))
    members = await groups.members(pages.who, name, asked)
    held: tuple[Binding, ...] = ()
    known: tuple[Role, ...] = ()
    most = PageRequest(limit=MOST)
    if await pages.permits.somewhere(pages.who, BINDING_READ):
        wanted = BindingFilter(group=name)
        held = (await roles.bindings(pages.who, most, wanted=wanted)).items
    if await pages.may(ROLE_READ):
        known = (await roles.list(pages.who, most)).items
    look = Look(
        template="group.html",
        title=group.name,
        command=f"fairlead groups show {group.name}",
        tab=TAB,
        above=(("Groups", TAB),),
        fault=fault,
    )
    return await show(
        request,
        pages,
        look,
        group=group,
        members=members.items,
        next=members.next,
        bindings=held,
        roles=known,
        user=user,
        may={
            "edit": await pages.may(GROUP_UPDATE),
            "delete": await pages.may(GROUP_DELETE),
            "add": await pages.may(MEMBER_CREATE),
            "remove": await pages.may(MEMBER_DELETE),
            "bind": await pages.may(BINDING_CREATE),
            "unbind": await pages.may(BINDING_DELETE),
        },
        **await places(pages),
    )
