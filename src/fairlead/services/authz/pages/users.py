"""Users in the console: who they are, what they have and from where."""

from litestar import Response, get
from litestar.params import FromPath

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages
from fairlead.kernel.paging import Page, PageRequest
from fairlead.services.authz.pages.sections import PER_PAGE, SECTION, Look, places, show
from fairlead.services.authz.permissions import (
    BINDING_CREATE,
    BINDING_DELETE,
    BINDING_READ,
    DECISION_READ,
    ROLE_READ,
)
from fairlead.services.authz.public import Binding, BindingFilter, Role, Roles
from fairlead.services.identity.permissions import (
    USER_CREATE,
    USER_DELETE,
    USER_UPDATE,
)
from fairlead.services.identity.public import Users

TAB = f"{SECTION}/users"
MOST = 200


class UserPages(PageController):
    """Pages under `/access/users`; the forms on them are those of identity."""

    path = TAB

    @get("/")
    @inject
    async def list(
        self, request: AnyRequest, users: FromDishka[Users], pages: FromDishka[Pages]
    ) -> Response[str]:
        """Show the users by name."""
        asked = page_request(PER_PAGE, request.query_params.get("after"))
        found = await users.list(pages.who, asked)
        look = Look(
            template="users.html",
            title="Users",
            command="fairlead users list",
            tab=TAB,
        )
        return await show(
            request,
            pages,
            look,
            users=found.items,
            next=found.next,
            may={"create": await pages.may(USER_CREATE)},
        )

    @get("/{name:str}")
    @inject
    async def show(
        self,
        request: AnyRequest,
        name: FromPath[str],
        users: FromDishka[Users],
        roles: FromDishka[Roles],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show a user: what roles they have, where, and by which group."""
        user = await users.get(pages.who, name)
        asked = PageRequest(limit=MOST)
        held: Page[Binding] = Page(items=())
        known: dict[str, Role] = {}
        if await pages.permits.somewhere(pages.who, BINDING_READ):
            wanted = BindingFilter(user=user.name)
            held = await roles.bindings(pages.who, asked, wanted=wanted)
        if await pages.may(ROLE_READ):
            found = await roles.list(pages.who, asked)
            known = {role.name: role for role in found.items}
        look = Look(
            template="user.html",
            title=user.name,
            command=f"fairlead roles bindings --user {user.name}",
            tab=TAB,
            above=(("Users", TAB),),
        )
        return await show(
            request,
            pages,
            look,
            user=user,
            bindings=held.items,
            more=held.next,
            roles=list(known.values()),
            known=known,
            cards=await pages.panels("access.user", user.name),
            may={
                "edit": await pages.may(USER_UPDATE),
                "delete": await pages.may(USER_DELETE),
                "bind": await pages.may(BINDING_CREATE),
                "unbind": await pages.may(BINDING_DELETE),
                "ask": await pages.may(DECISION_READ),
            },
            **await places(pages),
        )
