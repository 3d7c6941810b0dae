"""Who may do what, in the console."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.permissions import (
    BINDING_CREATE,
    BINDING_DELETE,
)
from fairlead.services.authz.public import Roles
from fairlead.services.identity.permissions import (
    USER_CREATE,
    USER_READ,
    USER_UPDATE,
)
from fairlead.services.identity.public import User, Users

PER_PAGE = 100
SECTION = "/access"


class AccessPages(PageController):
    """`/access`: users, their roles, and what each role lets them do."""

    path = "/access"

    @get("/")
    @inject
    async def show(
        self,
        request: AnyRequest,
        roles: FromDishka[Roles],
        users: FromDishka[Users],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show who has which role where."""
        people: tuple[User, ...] = ()
        following: str | None = None
        sees_users = await pages.may(USER_READ)
        if sees_users:
            wanted = page_request(PER_PAGE, request.query_params.get("after"))
            page = await users.list(pages.who, wanted)
            people, following = page.items, page.next
        scopes = await pages.panels("access.scopes", "")
        sheet = Sheet(
            template="authz/access.html",
            title="Access",
            command="fairlead users list",
            section=SECTION,
        )
        return await pages.show(
            request,
            sheet,
            roles=(await roles.list(pages.who, PageRequest(limit=PER_PAGE))).items,
            bindings=(
                await roles.bindings(pages.who, PageRequest(limit=PER_PAGE))
            ).items,
            users=people,
            scopes=scopes,
            places={card.data["scope"]: card.data for card in scopes},
            next=following,
            sees_users=sees_users,
            may={
                "create": await pages.may(USER_CREATE),
                "update": await pages.may(USER_UPDATE),
                "bind": await pages.may(BINDING_CREATE),
                "unbind": await pages.may(BINDING_DELETE),
            },
        )

    @post("/bindings")
    @inject
    async def bind(
        self, request: AnyRequest, who: FromDishka[Principal], roles: FromDishka[Roles]
    ) -> Redirect:
        """Give a user a role in a scope."""
        await roles.bind(
            who,
            await field(request, "user"),
            await field(request, "role"),
            scope=await field(request, "scope") or "/",
        )
        return go(SECTION)

    @post("/bindings/{binding:uuid}/delete")
    @inject
    async def unbind(
        self,
        binding: FromPath[UUID],
        who: FromDishka[Principal],
        roles: FromDishka[Roles],
    ) -> Redirect:
        """Take a role away."""
        await roles.unbind(who, binding)
        return go(SECTION)
