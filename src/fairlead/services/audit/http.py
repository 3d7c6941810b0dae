"""The trail over HTTP: translate, call one use case, translate back."""

from datetime import datetime
from typing import Self
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get
from msgspec import Struct

from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.principal import Principal
from fairlead.services.audit.public import AuditLog, Entry, EntryFilter, Outcome


class EntryBody(Struct, kw_only=True):
    """An entry as clients see it; `digest` chains it to the one before."""

    sequence: int
    id: UUID
    at: datetime
    actor: str
    actor_id: UUID
    actor_kind: str
    address: str
    user_agent: str
    request_id: str
    action: str
    target: str
    scope: str
    outcome: Outcome
    details: dict[str, str]
    previous: str
    digest: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Show the act and its circumstances side by side."""
        act = entry.act
        return cls(
            sequence=entry.sequence,
            id=entry.id,
            at=entry.at,
            actor=entry.actor,
            actor_id=entry.actor_id,
            actor_kind=entry.actor_kind,
            address=entry.address,
            user_agent=entry.user_agent,
            request_id=entry.request_id,
            action=act.action,
            target=act.target,
            scope=act.scope,
            outcome=act.outcome,
            details=dict(act.details),
            previous=entry.previous,
            digest=entry.digest,
        )


class ChainBody(Struct, kw_only=True):
    """What verifying found; `broken_at` is the first bad sequence, null if none."""

    entries: int
    broken_at: int | None
    reason: str


class AuditController(Controller):
    """Routes under `/api/v1/audit`."""

    path = "/api/v1/audit"
    tags = ("audit",)

    @get()
    @inject
    async def list_entries(  # noqa: PLR0913 - each is a query parameter
        self,
        who: FromDishka[Principal],
        log: FromDishka[AuditLog],
        *,
        action: str | None = None,
        actor: str | None = None,
        outcome: Outcome | None = None,
        target: str | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> PageBody[EntryBody]:
        """List entries, newest first."""
        wanted = EntryFilter(action=action, actor=actor, outcome=outcome, target=target)
        page = await log.list(who, wanted, page_request(limit, after))
        items = [EntryBody.of(entry) for entry in page.items]
        return PageBody(items=items, next=page.next)

    @get("/verification")
    @inject
    async def verify(
        self, who: FromDishka[Principal], log: FromDishka[AuditLog]
    ) -> ChainBody:
        """Check that no entry was changed, removed or moved."""
        state = await log.verify(who)
        return ChainBody(
            entries=state.entries, broken_at=state.broken_at, reason=state.reason
        )
