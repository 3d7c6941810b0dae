"""Who may do what, and why: asked in the console."""

from typing import Any

from litestar import Response, get

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.module import Catalog
from fairlead.services.authz.pages.sections import PER_PAGE, SECTION, Look, places, show
from fairlead.services.authz.public import ROOT, Decisions

TAB = f"{SECTION}/ask"


class AskPages(PageController):
    """`/access/ask`: may somebody do something somewhere, and who may?"""

    path = TAB

    @get("/")
    @inject
    async def ask(
        self,
        request: AnyRequest,
        decisions: FromDishka[Decisions],
        catalog: FromDishka[Catalog],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Answer for one user, or name all who may."""
        asked = {
            name: request.query_params.get(name, "").strip()
            for name in ("user", "permission", "scope")
        }
        asked["scope"] = asked["scope"] or ROOT
        answer: dict[str, Any] = {"decision": None, "capable": None, "next": None}
        fault: FairleadError | None = None
        if asked["permission"]:
            try:
                answer |= await _answer(request, decisions, pages, asked)
            except FairleadError as error:
                fault = error
        look = Look(
            template="ask.html",
            title="Ask",
            command=_command(asked),
            tab=TAB,
            fault=fault,
        )
        return await show(
            request,
            pages,
            look,
            asked=asked,
            permissions=sorted(catalog.permissions().items()),
            **answer,
            **await places(pages),
        )


async def _answer(
    request: AnyRequest, decisions: Decisions, pages: Pages, asked: dict[str, str]
) -> dict[str, Any]:
    permission, scope = asked["permission"], asked["scope"]
    if asked["user"]:
        decision = await decisions.can(pages.who, asked["user"], permission, on=scope)
        return {"decision": decision}
    wanted = page_request(PER_PAGE, request.query_params.get("after"))
    found = await decisions.who_can(pages.who, permission, wanted, on=scope)
    return {"capable": found.items, "next": found.next}


def _command(asked: dict[str, str]) -> str:
    permission = asked["permission"] or "PERMISSION"
    where = "" if asked["scope"] == ROOT else f" --scope {asked['scope']}"
    if asked["user"]:
        return f"fairlead authz can-i {permission} --user {asked['user']}{where}"
    return f"fairlead authz who-can {permission}{where}"
