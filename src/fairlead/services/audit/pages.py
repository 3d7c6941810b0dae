"""The audit trail in the console."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.response import Redirect

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.adapters.pages.part import ConsolePart, Entry
from fairlead.kernel.paging import Page
from fairlead.services.audit import public
from fairlead.services.audit.permissions import CHECKPOINT_CREATE, ENTRY_READ
from fairlead.services.audit.public import (
    AuditLog,
    BadFilter,
    ChainState,
    EntryFilter,
    Outcome,
    moment,
)
from fairlead.services.audit.use_cases.checkpoints import TakeCheckpoint

PER_PAGE = 50
TEXTS = (
    "action",
    "actor",
    "outcome",
    "target",
    "scope",
    "address",
    "request_id",
    "trace_id",
)
TIMES = ("since", "until")


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

    @post("/checkpoint")
    @inject
    async def checkpoint(
        self, take_checkpoint: FromDishka[TakeCheckpoint], pages: FromDishka[Pages]
    ) -> Redirect:
        """Sign the newest entry."""
        await take_checkpoint(pages.who)
        return go("/audit")


async def _show(
    request: AnyRequest, log: AuditLog, pages: Pages, *, chain: ChainState | None = None
) -> Response[str]:
    given = {
        name: value.strip()
        for name in (*TEXTS, *TIMES)
        if (value := request.query_params.get(name) or "").strip()
    }
    page: Page[public.Entry] = Page(items=())
    fault = ""
    try:
        wanted = page_request(PER_PAGE, request.query_params.get("after"))
        page = await log.list(pages.who, _filter(given), wanted)
    except BadFilter as error:
        fault = error.message
    state = await log.state(pages.who)
    sheet = Sheet(
        template="audit/list.html",
        title="Audit",
        command=f"fairlead audit list{_options(given)}",
        section="/audit",
        status=422 if fault else 200,
    )
    return await pages.show(
        request,
        sheet,
        entries_page=page,
        given=given,
        fault=fault,
        trail=state,
        chain=chain or state.found,
        may_sign=await pages.may(CHECKPOINT_CREATE),
        more=f"/audit?{urlencode({**given, 'after': page.next or ''})}",
    )


def _filter(given: Mapping[str, str]) -> EntryFilter:
    outcome = given.get("outcome")
    known = {item.value for item in Outcome}
    texts = {name: given.get(name) for name in TEXTS if name != "outcome"}
    return EntryFilter(
        **texts,  # type: ignore[arg-type]
        outcome=Outcome(outcome) if outcome in known else None,
        **{name: moment(name, _zoned(given.get(name, ""))) for name in TIMES},  # type: ignore[arg-type]
    )


def _zoned(text: str) -> str:
    """Return what a browser's field holds, which knows no zone, as a time in UTC."""
    day, separator, time = text.partition("T")
    bare = separator and not time.endswith("Z") and not {"+", "-"} & set(time)
    if day and not separator and day.count("-") == 2:  # noqa: PLR2004 - of a date
        return f"{day}T00:00Z"
    return f"{text}Z" if bare else text


def _options(given: Mapping[str, str]) -> str:
    values = {
        name.replace("_", "-"): _zoned(value) if name in TIMES else value
        for name, value in given.items()
    }
    return "".join(f" --{name} {shlex.quote(value)}" for name, value in values.items())


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
