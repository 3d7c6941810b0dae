"""The forms about users on the console's access page, which authz shows."""

from dishka.integrations.litestar import FromDishka, inject
from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import go
from fairlead.kernel.principal import Principal
from fairlead.services.identity.public import Users

BACK = "/access"


class UserForms(PageController):
    """Forms under `/access/users`."""

    path = "/access/users"

    @post("/")
    @inject
    async def create(
        self, request: AnyRequest, who: FromDishka[Principal], users: FromDishka[Users]
    ) -> Redirect:
        """Add a user."""
        password = str((await request.form()).get("password", ""))
        await users.create(who, await field(request, "name"), password)
        return go(BACK)

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
        return go(BACK)
