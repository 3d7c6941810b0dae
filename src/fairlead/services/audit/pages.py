"""The audit trail in the console."""

import shlex
from pathlib import Path
from urllib.parse import urlencode

from dishka.integrations.litestar import FromDishka, inject
from litestar import Response, get, post

from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet
from fairlead.adapters.pages.part import ConsolePart, Entry
from fairlead.services.audit.permissions import ENTRY_READ
from fairlead.services.audit.public import (
    AuditLog,
    ChainState,
    EntryFilter,
    Outcome,
)

PER_PAGE = 50
FILTERS = ("action", "actor", "outcome", "target")


class AuditPages(PageController):
    """`/audit`: who did what, and whether the record is whole."""

    path = "/audit"

    @get("/")
    @inject
    async def list(
        self, request: AnyRequest, log: FromDishka[AuditLog], pages: FromDishka[Pages]
    ) -> Response[str]:
        """Show the entries, newest first."""
        return await _show(request, log, pages)

    @post("/verify", status_code=200)
    @inject
    async def verify(
        self, request: AnyRequest, log: FromDishka[AuditLog], pages: FromDishka[Pages]
    ) -> Response[str]:
        """Check the whole chain and say what was found."""
        return await _show(request, log, pages, chain=await log.verify(pages.who))


async def _show(
    request: AnyRequest, log: AuditLog, pages: Pages, *, chain: ChainState | None = None
) -> Response[str]:
    given = {
        name: request.query_params[name]
        for name in FILTERS
        if request.query_params.get(name)
    }
    page = await log.list(
        pages.who,
        _filter(given),
        page_request(PER_PAGE, request.query_params.get("after")),
    )
    options = "".join(
        f" --{name} {shlex.quote(value)}" for name, value in given.items()
    )
    sheet = Sheet(
        template="audit/list.html",
        title="Audit",
        command=f"fairlead audit list{options}",
        section="/audit",
    )
    return await pages.show(
        request,
        sheet,
        entries_page=page,
        given=given,
        chain=chain,
        more=f"/audit?{urlencode({**given, 'after': page.next or ''})}",
    )


def _filter(given: dict[str, str]) -> EntryFilter:
    outcome = given.get("outcome")
    known = {item.value for item in Outcome}
    return EntryFilter(
        action=given.get("action"),
        actor=given.get("actor"),
        target=given.get("target"),
        outcome=Outcome(outcome) if outcome in known else None,
    )


CONSOLE = ConsolePart(
    controllers=(AuditPages,),
    templates=Path(__file__).with_name("templates"),
    entries=(
        Entry(
            label="Audit",
            path="/audit",
            order=70,
            platform=True,
            permission=ENTRY_READ,
        ),
    ),
)
