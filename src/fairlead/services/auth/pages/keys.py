"""One's API keys in the console: made with what narrows them, rotated and revoked."""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.kernel.module import Catalog
from fairlead.kernel.principal import Principal
from fairlead.services.auth.domain.api_keys import (
    EVERYTHING,
    LONGEST_LIFE,
    ApiKey,
    KeyOrder,
)
from fairlead.services.auth.pages.sessions import ACCOUNT
from fairlead.services.auth.public import BadKey
from fairlead.services.auth.use_cases.api_keys import CreateKey, RevokeKey, RotateKey

PROJECT = re.compile("/projects/([0-9a-f-]{36})")
LARGEST = 1_000_000
CRUMBS = (("Your account", ACCOUNT),)


class KeyPages(PageController):
    """Pages under `/account/keys`."""

    path = f"{ACCOUNT}/keys"

    @get("/new")
    @inject
    async def form(
        self,
        request: AnyRequest,
        catalog: FromDishka[Catalog],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Ask what the key is for."""
        return await _form(request, pages, catalog, Typed())

    @post("/", status_code=200)
    @inject
    async def create(
        self,
        request: AnyRequest,
        catalog: FromDishka[Catalog],
        create_key: FromDishka[CreateKey],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Make a key and show it, this once."""
        typed = await _typed(request)
        try:
            made = await create_key(pages.who, typed.order())
        except BadKey as error:
            return await _form(request, pages, catalog, typed, fault=error)
        return await _told(request, pages, *made)

    @post("/{key:uuid}/rotate", status_code=200)
    @inject
    async def rotate(
        self,
        request: AnyRequest,
        key: FromPath[UUID],
        rotate_key: FromDishka[RotateKey],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Give a key a new secret and show it; the old one is good a while longer."""
        seconds = _number(await field(request, "overlap"), "overlap", empty=3600)
        overlap = timedelta(seconds=seconds)
        return await _told(
            request, pages, *await rotate_key(pages.who, key, overlap=overlap)
        )

    @post("/{key:uuid}/revoke")
    @inject
    async def revoke(
        self,
        key: FromPath[UUID],
        who: FromDishka[Principal],
        revoke_key: FromDishka[RevokeKey],
    ) -> Redirect:
        """Take a key out of use."""
        await revoke_key(who, key)
        return go(f"{ACCOUNT}#keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the form holds, as it was typed."""

    name: str = ""
    everything: bool = False
    scopes: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    networks: str = ""
    days: str = "90"
    per_minute: str = ""
    at_once: str = ""

    def order(self) -> KeyOrder:
        """Return what is asked for.

        Raises:
            BadKey: a number is none; the rest is checked where the key is made.
        """
        days = _number(self.days, "days", empty=90)
        if not 1 <= days <= LONGEST_LIFE.days:
            raise BadKey(
                f"A key lives for 1 to {LONGEST_LIFE.days} days.", field="days"
            )
        return KeyOrder(
            name=self.name,
            scopes=(EVERYTHING,) if self.everything else self.scopes,
            projects=tuple(_project(each) for each in self.projects),
            networks=tuple(self.networks.split()),
            lifetime=timedelta(days=days),
            per_minute=_number(self.per_minute, "per_minute"),
            at_once=_number(self.at_once, "at_once"),
        )


async def _typed(request: AnyRequest) -> Typed:
    form = await request.form()
    scopes = tuple(
        name for each in form.getall("scopes", []) for name in str(each).split()
    )
    return Typed(
        name=await field(request, "name"),
        everything=await field(request, "rights") == "all" or EVERYTHING in scopes,
        scopes=tuple(each for each in scopes if each != EVERYTHING),
        projects=tuple(str(each) for each in form.getall("projects", [])),
        networks=await field(request, "networks"),
        days=await field(request, "days"),
        per_minute=await field(request, "per_minute"),
        at_once=await field(request, "at_once"),
    )


async def _form(
    request: AnyRequest,
    pages: Pages,
    catalog: Catalog,
    typed: Typed,
    *,
    fault: BadKey | None = None,
) -> Response[str]:
    sheet = Sheet(
        template="auth/new_key.html",
        title="New API key",
        command="fairlead keys create NAME --scope PERMISSION",
        crumbs=CRUMBS,
        section=ACCOUNT,
        status=200 if fault is None else 422,
    )
    places = [card.data for card in await pages.panels("access.scopes", "")]
    return await pages.show(
        request,
        sheet,
        typed=typed,
        groups=await _groups(pages, catalog),
        places=[
            {"id": found[1], "label": place["label"]}
            for place in places
            if (found := PROJECT.fullmatch(place["scope"]))
        ],
        fault="" if fault is None else fault.message,
        wrong="" if fault is None else str(fault.details.get("field", "")),
    )


async def _groups(
    pages: Pages, catalog: Catalog
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the permissions the caller has somewhere, by module."""
    groups = [
        (
            module,
            [
                (permission, meaning)
                for permission, meaning in permissions.items()
                if await pages.permits.somewhere(pages.who, permission)
            ],
        )
        for module, permissions in catalog.by_module().items()
    ]
    return [(module, permissions) for module, permissions in groups if permissions]


async def _told(
    request: AnyRequest, pages: Pages, key: ApiKey, secret: str
) -> Response[str]:
    sheet = Sheet(
        template="auth/key.html",
        title=f"Key {key.name}",
        command="fairlead keys list",
        crumbs=CRUMBS,
        section=ACCOUNT,
    )
    return await pages.show(request, sheet, key=key, secret=secret)


def _number(text: str, name: str, *, empty: int = 0) -> int:
    try:
        number = int(text or str(empty))
    except ValueError:
        number = -1
    if not 0 <= number <= LARGEST:
        raise BadKey("Write a whole number, or nothing.", field=name)
    return number


def _project(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadKey("There is no such project.", field="projects") from error
