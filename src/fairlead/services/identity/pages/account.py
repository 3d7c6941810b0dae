"""Changing one's own password, address and preferences in the console."""

from typing import Any

from litestar import Response, get, post

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.faults import status_of
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.kernel.errors import FairleadError
from fairlead.services.identity.pages.forms import (
    ACCOUNT,
    new_password,
    rule,
    secret,
    sheet,
)
from fairlead.services.identity.pages.zones import Zones
from fairlead.services.identity.public import Users
from fairlead.services.identity.use_cases.factors import ShowAccount
from fairlead.services.identity.use_cases.links import AskVerification
from fairlead.services.identity.use_cases.profiles import Changes, UpdateUser


class PasswordPages(PageController):
    """`/account/password`."""

    path = f"{ACCOUNT}/password"

    @get("/")
    @inject
    async def form(
        self,
        request: AnyRequest,
        show: FromDishka[ShowAccount],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Ask for the old password and the new one."""
        return await self._page(request, pages, show)

    @post("/")
    @inject
    async def change(
        self,
        request: AnyRequest,
        show: FromDishka[ShowAccount],
        users: FromDishka[Users],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Change it; all other sessions end."""
        who = pages.who
        try:
            new, old = await new_password(request), await secret(request, "old")
            await users.set_password(who, who.name, new, old=old)
        except FairleadError as error:
            return await self._page(request, pages, show, fault=error)
        return go(f"{self.path}?done=changed")

    async def _page(
        self,
        request: AnyRequest,
        pages: Pages,
        show: ShowAccount,
        fault: FairleadError | None = None,
    ) -> Response[str]:
        user, second_factor, _ = await show(pages.who)
        about = sheet(
            "password.html",
            "Password",
            "fairlead account set-password",
            status=200 if fault is None else status_of(fault),
        )
        return await pages.show(
            request,
            about,
            user=user,
            rule=rule(second_factor=second_factor),
            fault="" if fault is None else fault.message,
            done=request.query_params.get("done", ""),
        )


class EmailPages(PageController):
    """`/account/email`."""

    path = f"{ACCOUNT}/email"

    @get("/")
    @inject
    async def form(
        self,
        request: AnyRequest,
        show: FromDishka[ShowAccount],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show the address, and whether letters arrive there."""
        return await self._page(request, pages, show)

    @post("/")
    @inject
    async def change(
        self,
        request: AnyRequest,
        show: FromDishka[ShowAccount],
        update: FromDishka[UpdateUser],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Change it; a letter goes to the new address."""
        email, who = await field(request, "email"), pages.who
        password = await secret(request, "password")
        try:
            before, _, _ = await show(who)
            changes = Changes(email=email)
            user = await update(who, who.name, changes, password=password)
        except FairleadError as error:
            return await self._page(request, pages, show, fault=error, email=email)
        if user.email == before.email:
            return go(self.path)
        return go(f"{self.path}?done={'sent' if user.email else 'removed'}")

    @post("/send-again")
    @inject
    async def send_again(
        self,
        request: AnyRequest,
        show: FromDishka[ShowAccount],
        ask: FromDishka[AskVerification],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Have another letter sent that verifies the address."""
        try:
            await ask(pages.who)
        except FairleadError as error:
            return await self._page(request, pages, show, fault=error)
        return go(f"{self.path}?done=sent")

    async def _page(
        self,
        request: AnyRequest,
        pages: Pages,
        show: ShowAccount,
        *,
        fault: FairleadError | None = None,
        email: str | None = None,
    ) -> Response[str]:
        user, _, _ = await show(pages.who)
        about = sheet(
            "email.html",
            "Email address",
            "fairlead account update --email ADDRESS",
            status=200 if fault is None else status_of(fault),
        )
        return await pages.show(
            request,
            about,
            user=user,
            email=(user.email or "") if email is None else email,
            fault="" if fault is None else fault.message,
            done=request.query_params.get("done", ""),
        )


class PreferencePages(PageController):
    """`/account/preferences`."""

    path = f"{ACCOUNT}/preferences"

    @get("/")
    @inject
    async def form(
        self,
        request: AnyRequest,
        show: FromDishka[ShowAccount],
        zones: FromDishka[Zones],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show them."""
        user, _, _ = await show(pages.who)
        return await pages.show(
            request,
            _preferences(),
            zones=zones(),
            locale=user.locale,
            time_zone=user.time_zone,
            fault="",
            done=request.query_params.get("done", ""),
        )

    @post("/")
    @inject
    async def change(
        self,
        request: AnyRequest,
        update: FromDishka[UpdateUser],
        zones: FromDishka[Zones],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Change them."""
        who = pages.who
        locale, zone = await field(request, "locale"), await field(request, "time_zone")
        try:
            changes = Changes(locale=locale, time_zone=zone)
            await update(who, who.name, changes, password=None)
        except FairleadError as error:
            return await pages.show(
                request,
                _preferences(status_of(error)),
                zones=zones(),
                locale=locale,
                time_zone=zone,
                fault=error.message,
                done="",
            )
        return go(f"{self.path}?done=saved")


def _preferences(status: int = 200) -> Sheet:
    command = "fairlead account update --time-zone Europe/Berlin"
    return sheet("preferences.html", "Preferences", command, status=status)
