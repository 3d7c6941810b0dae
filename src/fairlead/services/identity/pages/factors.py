"""Setting up, renewing and removing one's own second factor in the console."""

import re
from typing import Any

from litestar import Response, get, post

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.faults import status_of
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, go
from fairlead.kernel.errors import FairleadError
from fairlead.services.identity.domain import MIN_CHARACTERS, enrolment
from fairlead.services.identity.pages.forms import ACCOUNT, secret, sheet
from fairlead.services.identity.pages.picture import qr_code
from fairlead.services.identity.use_cases.factors import (
    BeginSecondFactor,
    ConfirmSecondFactor,
    NewRecoveryCodes,
    RemoveSecondFactor,
    ShowAccount,
)

COMMAND = "fairlead account second-factor"
BEGIN = f"{COMMAND} begin"
_SECRET = re.compile("[A-Z2-7]{16,64}")


class SecondFactorPages(PageController):
    """`/account/second-factor`."""

    path = f"{ACCOUNT}/second-factor"

    @get("/")
    @inject
    async def show(
        self,
        request: AnyRequest,
        show: FromDishka[ShowAccount],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show whether there is one, and what can be done."""
        return await _state(request, pages, show)

    @post("/", status_code=200)
    @inject
    async def begin(
        self,
        request: AnyRequest,
        show: FromDishka[ShowAccount],
        begin: FromDishka[BeginSecondFactor],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Make a secret and show it to the authenticator."""
        try:
            made, _ = await begin(pages.who, await secret(request, "password"))
        except FairleadError as error:
            return await _state(request, pages, show, fault=error)
        return await _enrol(request, pages, made)

    @post("/confirm", status_code=200)
    @inject
    async def confirm(
        self,
        request: AnyRequest,
        show: FromDishka[ShowAccount],
        confirm: FromDishka[ConfirmSecondFactor],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Turn it on with a first code and show the recovery codes, this once."""
        made = await field(request, "secret")
        try:
            codes = await confirm(pages.who, await field(request, "code"))
        except FairleadError as error:
            if _SECRET.fullmatch(made):
                return await _enrol(request, pages, made, fault=error)
            return await _state(request, pages, show, fault=error)
        return await _codes(request, pages, codes, first=True)

    @post("/codes", status_code=200)
    @inject
    async def renew(
        self,
        request: AnyRequest,
        show: FromDishka[ShowAccount],
        renew: FromDishka[NewRecoveryCodes],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Replace the recovery codes and show the new ones, this once."""
        try:
            codes = await renew(pages.who, await secret(request, "password"))
        except FairleadError as error:
            return await _state(request, pages, show, fault=error, act="codes")
        return await _codes(request, pages, codes, first=False)

    @post("/remove")
    @inject
    async def remove(
        self,
        request: AnyRequest,
        show: FromDishka[ShowAccount],
        remove: FromDishka[RemoveSecondFactor],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Do without one from now on."""
        try:
            await remove.mine(pages.who, await secret(request, "password"))
        except FairleadError as error:
            return await _state(request, pages, show, fault=error, act="remove")
        return go(f"{self.path}?done=removed")


async def _state(
    request: AnyRequest,
    pages: Pages,
    show: ShowAccount,
    *,
    fault: FairleadError | None = None,
    act: str = "",
) -> Response[str]:
    """Show the page; `act` is what the fault is about, where there are several."""
    _, second_factor, left = await show(pages.who)
    status = 200 if fault is None else status_of(fault)
    command = "fairlead account show" if second_factor else BEGIN
    return await pages.show(
        request,
        sheet("second_factor.html", "Second factor", command, status=status),
        second_factor=second_factor,
        codes_left=left,
        least=MIN_CHARACTERS,
        fault="" if fault is None else fault.message,
        act=act,
        done=request.query_params.get("done", ""),
    )


async def _enrol(
    request: AnyRequest,
    pages: Pages,
    made: str,
    *,
    fault: FairleadError | None = None,
) -> Response[str]:
    """Show what an authenticator needs; the page has it from the form again."""
    address = enrolment(made, pages.who.name)
    status = 200 if fault is None else status_of(fault)
    return await pages.show(
        request,
        sheet(
            "enrol.html", "Set up a second factor", f"{COMMAND} begin", status=status
        ),
        secret=made,
        spaced=" ".join(made[i : i + 4] for i in range(0, len(made), 4)),
        address=address,
        picture=qr_code(address),
        fault="" if fault is None else fault.message,
    )


async def _codes(
    request: AnyRequest, pages: Pages, codes: tuple[str, ...], *, first: bool
) -> Response[str]:
    command = f"{COMMAND} new-codes"
    return await pages.show(
        request,
        sheet("codes.html", "Recovery codes", command),
        codes=codes,
        first=first,
    )
