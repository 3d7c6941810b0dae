"""Policies in the console."""

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
from fairlead.kernel.principal import Principal
from fairlead.services.authz.pages.sections import PER_PAGE, SECTION, Look, show
from fairlead.services.authz.permissions import (
    POLICY_CREATE,
    POLICY_DELETE,
    POLICY_UPDATE,
)
from fairlead.services.authz.public import Policies, Policy, PolicyDraft

TAB = f"{SECTION}/policies"
ABOVE = (("Policies", TAB),)
BEGINNING = """forbid (principal, action, resource)
unless { context.hour >= 8 && context.hour < 18 };
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the form of a policy holds, as it was typed."""

    name: str = ""
    summary: str = ""
    text: str = BEGINNING
    permissions: str = ""
    enabled: bool = True
    version: int | None = None

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Begin with what a policy is now."""
        return cls(
            name=policy.name,
            summary=policy.summary,
            text=policy.text,
            permissions="\n".join(sorted(policy.permissions)),
            enabled=policy.enabled,
            version=policy.version,
        )

    def draft(self) -> PolicyDraft:
        """Return what the policy shall be."""
        return PolicyDraft(
            summary=self.summary,
            text=self.text,
            permissions=frozenset(self.permissions.replace(",", " ").split()),
            enabled=self.enabled,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyForms:
    """The form of a policy: shown, checked, taken."""

    policies: Policies
    catalog: Catalog

    async def take(
        self, request: AnyRequest, pages: Pages, name: str | None
    ) -> Response[Any]:
        """Make the policy, or change the one called `name`; or only check it."""
        typed = await _typed(request, name)
        try:
            if await field(request, "act") == "check":
                await self.policies.check(pages.who, typed.draft())
                return await self.page(request, pages, typed, name, good=True)
            made = await self._keep(pages, typed, name)
        except FairleadError as error:
            return await self.page(request, pages, typed, name, fault=error)
        return go(f"{TAB}/{made.name}")

    async def _keep(self, pages: Pages, typed: Typed, name: str | None) -> Policy:
        who, draft = pages.who, typed.draft()
        if name is None:
            return await self.policies.create(who, typed.name, draft)
        return await self.policies.update(who, name, draft, version=typed.version)

    async def page(
        self,
        request: AnyRequest,
        pages: Pages,
        typed: Typed,
        name: str | None,
        *,
        fault: FairleadError | None = None,
        good: bool = False,
    ) -> Response[str]:
        """Show the form with what was typed."""
        look = Look(
            template="policy_form.html",
            title=f"Change {name}" if name else "New policy",
            command=f"fairlead policies {'update' if name else 'create'} "
            f"{name or 'NAME'} FILE --permission PERMISSION",
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
            good=good,
            known=sorted(self.catalog.permissions()),
        )


class PolicyPages(PageController):
    """Pages under `/access/policies`."""

    path = TAB

    @get("/")
    @inject
    async def list(
        self,
        request: AnyRequest,
        policies: FromDishka[Policies],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show the policies by name."""
        asked = page_request(PER_PAGE, request.query_params.get("after"))
        found = await policies.list(pages.who, asked)
        look = Look(
            template="policies.html",
            title="Policies",
            command="fairlead policies list",
            tab=TAB,
        )
        return await show(
            request,
            pages,
            look,
            policies=found.items,
            next=found.next,
            may={"create": await pages.may(POLICY_CREATE)},
        )

    @get("/new")
    @inject
    async def new(
        self,
        request: AnyRequest,
        forms: FromDishka[PolicyForms],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Ask what the policy shall be."""
        return await forms.page(request, pages, Typed(), None)

    @post("/")
    @inject
    async def create(
        self,
        request: AnyRequest,
        forms: FromDishka[PolicyForms],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Add a policy, or only check it."""
        return await forms.take(request, pages, None)

    @get("/{policy:str}")
    @inject
    async def show(
        self,
        request: AnyRequest,
        policy: FromPath[str],
        policies: FromDishka[Policies],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show a policy: what it takes away, and from what."""
        found = await policies.get(pages.who, policy)
        look = Look(
            template="policy.html",
            title=found.name,
            command=f"fairlead policies show {found.name}",
            tab=TAB,
            above=ABOVE,
        )
        return await show(
            request,
            pages,
            look,
            policy=found,
            may={
                "edit": await pages.may(POLICY_UPDATE),
                "delete": await pages.may(POLICY_DELETE),
            },
        )

    @get("/{policy:str}/edit")
    @inject
    async def edit(
        self,
        request: AnyRequest,
        policy: FromPath[str],
        policies: FromDishka[Policies],
        forms: FromDishka[PolicyForms],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show what the policy is, to change it."""
        found = await policies.get(pages.who, policy)
        return await forms.page(request, pages, Typed.of(found), found.name)

    @post("/{policy:str}")
    @inject
    async def update(
        self,
        request: AnyRequest,
        policy: FromPath[str],
        forms: FromDishka[PolicyForms],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Change a policy, or only check it."""
        return await forms.take(request, pages, policy)

    @post("/{policy:str}/delete")
    @inject
    async def delete(
        self,
        policy: FromPath[str],
        who: FromDishka[Principal],
        policies: FromDishka[Policies],
    ) -> Redirect:
        """Delete a policy: what it took away is given again."""
        await policies.delete(who, policy)
        return go(TAB)


async def _typed(request: AnyRequest, name: str | None) -> Typed:
    text = str((await request.form()).get("text", ""))
    version = await field(request, "version")
    return Typed(
        name=name or await field(request, "name"),
        summary=await field(request, "summary"),
        text=text.replace("\r\n", "\n"),
        permissions=await field(request, "permissions"),
        enabled=await field(request, "enabled") == "yes",
        version=int(version) if version.isdecimal() else None,
    )
