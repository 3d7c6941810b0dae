"""Adding, shutting out and deleting users in the console; authz shows them."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.faults import status_of
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import Principal
from fairlead.services.identity.pages.forms import rule, secret
from fairlead.services.identity.public import Users
from fairlead.services.identity.use_cases.profiles import DeleteUser
from fairlead.services.identity.use_cases.users import CreateUser

ACCESS = "/access"
BACK = "/access/users"
FIELDS = ("name", "email", "kind")


class NewUserPages(PageController):
    """`/access/new-user`."""

    path = f"{ACCESS}/new-user"

    @get("/")
    @inject
    async def form(
        self, request: AnyRequest, pages: FromDishka[Pages]
    ) -> Response[str]:
        """Ask who it is."""
        return await _form(request, pages, dict.fromkeys(FIELDS, ""))

    @post("/")
    @inject
    async def create(
        self,
        request: AnyRequest,
        create_user: FromDishka[CreateUser],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Add a user."""
        typed = {name: await field(request, name) for name in FIELDS}
        service = typed["kind"] == "service"
        password = None if service else await secret(request, "password")
        try:
            user = await create_user(
                pages.who, typed["name"], password, email=typed["email"]
            )
        except FairleadError as error:
            return await _form(request, pages, typed, fault=error)
        return go(f"{BACK}/{user.name}")


class UserForms(PageController):
    """Forms under `/access/users`."""

    path = BACK

    @post("/{name:str}/disabled")
    @inject
    async def disable(
        self,
        request: AnyRequest,
        name: FromPath[str],
        who: FromDishka[Principal],
        users: FromDishka[Users],
    ) -> Redirect:
        """Shut a user out, or let them in again."""
        disabled = await field(request, "disabled") == "yes"
        await users.set_disabled(who, name, disabled=disabled)
        return go(f"{BACK}/{name}")

    @post("/{name:str}/delete")
    @inject
    async def delete(
        self,
        name: FromPath[str],
        who: FromDishka[Principal],
        delete_user: FromDishka[DeleteUser],
    ) -> Redirect:
        """Delete a user, with all sessions, keys and roles."""
        await delete_user(who, name)
        return go(BACK)


async def _form(
    request: AnyRequest,
    pages: Pages,
    typed: dict[str, str],
    fault: FairleadError | None = None,
) -> Response[str]:
    sheet = Sheet(
        template="identity/new_user.html",
        title="New user",
        command="fairlead users create NAME",
        crumbs=(("Access", ACCESS), ("Users", BACK)),
        section=ACCESS,
        status=200 if fault is None else status_of(fault),
    )
    return await pages.show(
        request,
        sheet,
        typed=typed,
        rule=rule(second_factor=False),
        fault="" if fault is None else fault.message,
    )
