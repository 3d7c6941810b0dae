"""Showing a page to somebody: the frame around it and what they may do."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Protocol

from dishka import AsyncContainer
from litestar import Response
from litestar.enums import MediaType
from litestar.response import Redirect

from fairlead.adapters.pages.forms import AnyRequest, form_token, session_cookie
from fairlead.adapters.pages.part import (
    Card,
    ConsoleParts,
    Contribution,
    Contributor,
    Entry,
    Finder,
    Found,
    Panel,
)
from fairlead.adapters.pages.templates import Templates
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Principal

POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


_UNSEEN = frozenset({ErrorKind.NOT_FOUND, ErrorKind.FORBIDDEN})


class Permits(Protocol):
    """Tells what a page may offer; the use case still decides."""

    @abstractmethod
    async def somewhere(self, who: Principal, permission: str) -> bool:
        """Tell whether the caller has the permission in some scope at least."""

    @abstractmethod
    async def within(self, who: Principal, permission: str, scope: str) -> bool:
        """Tell whether the caller has the permission in `scope`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page.

    Attributes:
        title: Names the object; stands in the tab and in the heading.
        command: The `fairlead` command that does or shows the same.
        crumbs: Labels and paths of what is above it; the page itself is left out.
        section: The path of the side bar's entry it belongs to.
    """

    template: str
    title: str
    command: str = ""
    crumbs: tuple[tuple[str, str], ...] = ()
    section: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Renders pages for one caller."""

    who: Principal
    parts: ConsoleParts
    permits: Permits
    templates: Templates
    container: AsyncContainer

    async def show(
        self, request: AnyRequest, sheet: Sheet, **data: Any
    ) -> Response[str]:
        """Return a whole page."""
        text = self.templates.render(
            sheet.template,
            {
                "sheet": sheet,
                "who": self.who,
                "entries": await self.entries(),
                "form_token": token_of(request),
                "path": request.url.path,
                **data,
            },
        )
        return html(text, status=sheet.status)

    def fragment(
        self, request: AnyRequest, template: str, **data: Any
    ) -> Response[str]:
        """Return a piece of a page, for one that is open already."""
        known = {"who": self.who, "form_token": token_of(request)}
        return html(self.templates.render(template, {**known, **data}))

    async def may(self, permission: str, *, on: str = "/") -> bool:
        """Tell whether to offer an act on the object with this scope."""
        return await self.permits.within(self.who, permission, on)

    async def panels(self, slot: str, subject: str) -> tuple[Card, ...]:
        """Return what all modules put into a slot of a subject's page, in order.

        A module has nothing to add to what the caller may not see.
        """
        found: list[Card] = []
        for part in self.parts.parts.values():
            if slot in part.panels:
                panel: Panel = await self.container.get(part.panels[slot])
                try:
                    found += await panel.cards(self.who, subject)
                except FairleadError as error:
                    if error.kind not in _UNSEEN:
                        raise
        return tuple(sorted(found, key=lambda card: card.order))

    async def contributions(self) -> tuple[Contribution, ...]:
        """Return what all modules have for the overview."""
        found: list[Contribution] = []
        for part in self.parts.parts.values():
            for kind in part.overview:
                contributor: Contributor = await self.container.get(kind)
                found.append(await contributor.contribute(self.who))
        return tuple(found)

    async def find(self, text: str) -> tuple[Found, ...]:
        """Return pages, then objects of all modules, whose name fits `text`."""
        found = [
            Found(label=entry.label, path=entry.path, kind="page")
            for entry in await self.entries()
            if text.lower() in entry.label.lower()
        ]
        for part in self.parts.parts.values():
            for kind in part.finders:
                finder: Finder = await self.container.get(kind)
                found += await finder.find(self.who, text)
        return tuple(found)

    async def entries(self) -> tuple[Entry, ...]:
        """Return the side bar's links this caller may follow."""
        if not self.who.known:
            return ()
        return tuple(
            [
                entry
                for entry in self.parts.entries()
                if not entry.permission
                or await self.permits.somewhere(self.who, entry.permission)
            ]
        )


def token_of(request: AnyRequest) -> str:
    """Return the token for forms of this session; empty where there is none."""
    cookie = session_cookie(request)
    return form_token(cookie) if cookie else ""


def html(text: str, *, status: int = 200) -> Response[str]:
    """Return a page with the headers every page has."""
    return Response(
        text, status_code=status, media_type=MediaType.HTML, headers=dict(HEADERS)
    )


def go(path: str) -> Redirect:
    """Return the answer to a form that did its work: on to the page `path`."""
    return Redirect(path, status_code=303, headers={"Cache-Control": "no-store"})
