"""Roles in the console: what they allow, who has them, and what a change would do."""

from dataclasses import dataclass
from typing import Any, Self

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, go
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.module import Catalog
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.pages.sections import (
    PER_PAGE,
    SECTION,
    Look,
    places,
    show,
)
from fairlead.services.authz.permissions import (
    BINDING_READ,
    DECISION_READ,
    ROLE_CREATE,
    ROLE_DELETE,
    ROLE_UPDATE,
)
from fairlead.services.authz.public import (
    Binding,
    BindingFilter,
    Comparisons,
    Difference,
    Role,
    RoleDraft,
    Roles,
)

TAB = f"{SECTION}/roles"
ABOVE = (("Roles", TAB),)
MOST = 200
SHOWN_DIFFERENCES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the form of a role holds, as it was typed."""

    name: str = ""
    summary: str = ""
    permissions: frozenset[str] = frozenset()
    includes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, role: Role) -> Self:
        """Begin with what a role is now."""
        return cls(
            name=role.name,
            summary=role.summary,
            permissions=role.own,
            includes=role.includes,
        )

    def draft(self) -> RoleDraft:
        """Return what the role shall be."""
        return RoleDraft(
            summary=self.summary, permissions=self.permissions, includes=self.includes
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleForms:
    """The form of a role: shown, previewed, taken."""

    roles: Roles
    comparisons: Comparisons
    catalog: Catalog

    async def take(
        self, request: AnyRequest, pages: Pages, name: str | None
    ) -> Response[Any]:
        """Make the role, or change the one called `name`; or only tell the effect."""
        typed = await _typed(request, name)
        try:
            if await field(request, "act") == "preview":
                return await self.page(
                    request,
                    pages,
                    typed,
                    name,
                    differences=await self._preview(pages, typed),
                )
            if name is None:
                made = await self.roles.create(pages.who, typed.name, typed.draft())
            else:
                made = await self.roles.update(pages.who, name, typed.draft())
        except FairleadError as error:
            return await self.page(request, pages, typed, name, fault=error)
        return go(f"{TAB}/{made.name}")

    async def page(
        self,
        request: AnyRequest,
        pages: Pages,
        typed: Typed,
        name: str | None,
        *,
        fault: FairleadError | None = None,
        differences: tuple[Difference, ...] | None = None,
    ) -> Response[str]:
        """Show the form with what was typed."""
        all_roles = await self.roles.list(pages.who, PageRequest(limit=MOST))
        look = Look(
            template="role_form.html",
            title=f"Change {name}" if name else "New role",
            command=f"fairlead roles update {name}"
            if name
            else "fairlead roles create NAME",
            tab=TAB,
            above=(*ABOVE, *(((name, f"{TAB}/{name}"),) if name else ())),
            fault=fault,
        )
        return await show(
            request,
            pages,
            look,
            typed=typed,
            name=name,
            by_module=self.catalog.by_module(),
            others=[role for role in all_roles.items if role.name != name],
            differences=differences,
            previews=await pages.may(DECISION_READ),
            **await places(pages),
        )

    async def _preview(self, pages: Pages, typed: Typed) -> tuple[Difference, ...]:
        page = await self.comparisons.role(
            pages.who,
            typed.name,
            typed.draft(),
            PageRequest(limit=SHOWN_DIFFERENCES),
        )
        return page.items


class RolePages(PageController):
    """Pages under `/access/roles`."""

    path = TAB

    @get("/")
    @inject
    async def list(
        self, request: AnyRequest, roles: FromDishka[Roles], pages: FromDishka[Pages]
    ) -> Response[str]:
        """Show the roles by name."""
        asked = page_request(PER_PAGE, request.query_params.get("after"))
        found = await roles.list(pages.who, asked)
        look = Look(
            template="roles.html",
            title="Roles",
            command="fairlead roles list",
            tab=TAB,
        )
        return await show(
            request,
            pages,
            look,
            roles=found.items,
            next=found.next,
            may={"create": await pages.may(ROLE_CREATE)},
        )

    @get("/new")
    @inject
    async def new(
        self,
        request: AnyRequest,
        forms: FromDishka[RoleForms],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Ask what the role shall be."""
        return await forms.page(request, pages, Typed(), None)

    @post("/")
    @inject
    async def create(
        self,
        request: AnyRequest,
        forms: FromDishka[RoleForms],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Add a role, or tell what that would change."""
        return await forms.take(request, pages, None)

    @get("/{role:str}")
    @inject
    async def show(
        self,
        request: AnyRequest,
        role: FromPath[str],
        roles: FromDishka[Roles],
        catalog: FromDishka[Catalog],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show a role: what it allows, by which other role, and who has it."""
        found = await roles.get(pages.who, role)
        held: tuple[Binding, ...] = ()
        following: str | None = None
        if await pages.permits.somewhere(pages.who, BINDING_READ):
            asked = page_request(PER_PAGE, request.query_params.get("after"))
            wanted = BindingFilter(role=found.name)
            page = await roles.bindings(pages.who, asked, wanted=wanted)
            held, following = page.items, page.next
        look = Look(
            template="role.html",
            title=found.name,
            command=f"fairlead roles show {found.name}",
            tab=TAB,
            above=ABOVE,
        )
        known = catalog.permissions()
        return await show(
            request,
            pages,
            look,
            role=found,
            by_module=_grouped(found, catalog),
            gone=sorted(found.permissions - known.keys()),
            bindings=held,
            next=following,
            may={
                "edit": not found.built_in and await pages.may(ROLE_UPDATE),
                "delete": not found.built_in and await pages.may(ROLE_DELETE),
            },
            **await places(pages),
        )

    @get("/{role:str}/edit")
    @inject
    async def edit(
        self,
        request: AnyRequest,
        role: FromPath[str],
        roles: FromDishka[Roles],
        forms: FromDishka[RoleForms],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show what the role is, to change it."""
        found = await roles.get(pages.who, role)
        return await forms.page(request, pages, Typed.of(found), found.name)

    @post("/{role:str}")
    @inject
    async def update(
        self,
        request: AnyRequest,
        role: FromPath[str],
        forms: FromDishka[RoleForms],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Change a role, or tell what that would change."""
        return await forms.take(request, pages, role)

    @post("/{role:str}/delete")
    @inject
    async def delete(
        self, role: FromPath[str], who: FromDishka[Principal], roles: FromDishka[Roles]
    ) -> Redirect:
        """Delete a role that nobody has."""
        await roles.delete(who, role)
        return go(TAB)


async def _typed(request: AnyRequest, name: str | None) -> Typed:
    form = await request.form()
    return Typed(
        name=name or await field(request, "name"),
        summary=await field(request, "summary"),
        permissions=frozenset(str(each) for each in form.getall("permissions", [])),
        includes=frozenset(str(each) for each in form.getall("includes", [])),
    )


def _grouped(
    role: Role, catalog: Catalog
) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Return what a role allows by module: permission, meaning, its own or not."""
    found = [
        (
            module,
            [
                (permission, meaning, permission in role.own)
                for permission, meaning in permissions.items()
                if permission in role.permissions
            ],
        )
        for module, permissions in catalog.by_module().items()
    ]
    return [(module, permissions) for module, permissions in found if permissions]
