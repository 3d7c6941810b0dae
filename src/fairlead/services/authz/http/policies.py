"""Policies over HTTP: translate, call one use case, translate back."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import Policies, Policy, PolicyDraft

EXAMPLE = (
    "forbid (principal, action, resource)\n"
    "when { context.hour < 8 || context.hour >= 18 }\n"
    'unless { principal.groups.contains("on-call") };\n'
)
IfMatch = Annotated[str | None, HeaderParameter(name="If-Match")]
Summary = Annotated[str, Meta(examples=["Runs start in office hours only"])]
PolicyText = Annotated[
    str, Meta(description="`forbid` statements in Cedar.", examples=[EXAMPLE])
]
Attached = Annotated[
    list[str],
    Meta(
        description="Permissions, or all of a module: `pipelines.*`.",
        examples=[["pipelines.run.start"]],
    ),
]


class PolicyDraftBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a policy shall be."""

    text: PolicyText
    permissions: Attached
    summary: Summary = ""
    enabled: bool = True

    def draft(self) -> PolicyDraft:
        """Return it in the use case's words."""
        return PolicyDraft(
            summary=self.summary,
            text=self.text,
            permissions=frozenset(self.permissions),
            enabled=self.enabled,
        )


class CreatePolicyBody(PolicyDraftBody, forbid_unknown_fields=True, kw_only=True):
    """A policy and what it shall be called."""

    name: Annotated[str, Meta(examples=["office-hours"])]


class PolicyBody(Struct, kw_only=True):
    """A policy as clients see it."""

    id: UUID
    name: str
    summary: str
    text: str
    permissions: list[str]
    enabled: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Sort the permissions."""
        return cls(
            id=policy.id,
            name=policy.name,
            summary=policy.summary,
            text=policy.text,
            permissions=sorted(policy.permissions),
            enabled=policy.enabled,
            version=policy.version,
            created_at=policy.created_at,
            updated_at=policy.updated_at,
        )


class PolicyController(Controller):
    """Routes under `/api/v1/policies`."""

    path = "/api/v1/policies"
    tags = ("authz",)

    @get()
    @inject
    async def list_policies(
        self,
        who: FromDishka[Principal],
        policies: FromDishka[Policies],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
    ) -> PageBody[PolicyBody]:
        """List the policies by name."""
        page = await policies.list(who, page_request(limit, after))
        return PageBody(
            items=[PolicyBody.of(policy) for policy in page.items], next=page.next
        )

    @post()
    @inject
    async def create_policy(
        self,
        data: JSONBody[CreatePolicyBody],
        who: FromDishka[Principal],
        policies: FromDishka[Policies],
    ) -> Response[PolicyBody]:
        """Add a policy; if enabled, it is in force for the next request."""
        made = await policies.create(who, data.name, data.draft())
        return _shown(made, status=201, Location=f"/api/v1/policies/{made.name}")

    @post("/check", status_code=204)
    @inject
    async def check_policy(
        self,
        data: JSONBody[PolicyDraftBody],
        who: FromDishka[Principal],
        policies: FromDishka[Policies],
    ) -> None:
        """Find out whether a policy could be stored; nothing is kept."""
        await policies.check(who, data.draft())

    @get("/{policy:str}")
    @inject
    async def show_policy(
        self,
        policy: FromPath[str],
        who: FromDishka[Principal],
        policies: FromDishka[Policies],
    ) -> Response[PolicyBody]:
        """Return one policy."""
        return _shown(await policies.get(who, policy))

    @put("/{policy:str}")
    @inject
    async def update_policy(
        self,
        policy: FromPath[str],
        data: JSONBody[PolicyDraftBody],
        who: FromDishka[Principal],
        policies: FromDishka[Policies],
        if_match: IfMatch = None,
    ) -> Response[PolicyBody]:
        """Replace what a policy is; `If-Match` guards against others' changes."""
        changed = await policies.update(
            who, policy, data.draft(), version=_version(if_match)
        )
        return _shown(changed)

    @delete("/{policy:str}")
    @inject
    async def delete_policy(
        self,
        policy: FromPath[str],
        who: FromDishka[Principal],
        policies: FromDishka[Policies],
    ) -> None:
        """Delete a policy; what it took away is back for the next request."""
        await policies.delete(who, policy)


def _version(if_match: str | None) -> int | None:
    """Return the version a header names; one that no policy has if it is none."""
    if if_match is None or if_match.strip() == "*":
        return None
    said = if_match.strip().removeprefix("W/").strip('"')
    return int(said) if said.isascii() and said.isdigit() else 0


def _shown(
    policy: Policy, *, status: int = 200, **headers: str
) -> Response[PolicyBody]:
    return Response(
        PolicyBody.of(policy),
        status_code=status,
        headers={"ETag": f'"{policy.version}"', **headers},
    )
