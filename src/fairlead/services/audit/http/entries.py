"""Entries over HTTP: lists, exports, the state of the chain."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, get
from litestar.di import Provide
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.principal import Principal
from fairlead.services.audit.http.checkpoints import AnchorBody, CheckpointBody
from fairlead.services.audit.public import (
    AuditLog,
    ChainState,
    Entry,
    EntryFilter,
    Outcome,
    TrailState,
    moment,
)
from fairlead.services.audit.use_cases.read import ExportTrail

JSON_LINES = "application/jsonl"
LINES = (
    '{"at":"2026-11-29T14:02:11+00:00","filters":{},"tenant":"0198f1c2-…",'
    '"type":"trail","version":1}\n'
    '{"action":"projects.project.create","actor":"ada","digest":"9f31…","format":2,'
    '"previous":"0000…","sequence":1,"type":"entry",…}\n'
    '{"digest":"9f31…","entries":1,"sequence":1,"type":"end"}\n'
)

Action = Annotated[
    str | None,
    QueryParameter(description="The whole name, or its beginning: `projects.*`."),
]
Actor = Annotated[str | None, QueryParameter(description="The name of who acted.")]
Scope = Annotated[
    str | None, QueryParameter(name="scope", description="E.g. `/projects/ID`.")
]
Request = Annotated[str | None, QueryParameter(description="`X-Request-ID`.")]
Trace = Annotated[
    str | None, QueryParameter(description="The trace id of a `traceparent`.")
]
Since = Annotated[
    str | None,
    QueryParameter(description="With its zone, e.g. `2026-11-29T14:00:00Z`; included."),
]
Until = Annotated[
    str | None,
    QueryParameter(description="With its zone, e.g. `2026-11-30T00:00:00Z`; excluded."),
]


class EntryBody(Struct, kw_only=True):
    """An entry as clients see it; `digest` chains it to the one before."""

    sequence: int
    id: UUID
    at: datetime
    actor: str
    actor_id: UUID
    actor_kind: Annotated[str, Meta(examples=["user"])]
    address: str
    user_agent: str
    request_id: str
    trace_id: Annotated[str, Meta(examples=["0af7651916cd43dd8448eb211c80319c"])]
    action: Annotated[str, Meta(examples=["projects.project.create"])]
    target: str
    scope: str
    outcome: Outcome
    details: dict[str, str]
    format: Annotated[int, Meta(examples=[2])]
    previous: Annotated[str, Meta(examples=["0" * 64])]
    digest: Annotated[str, Meta(examples=["9f31" * 16])]

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
            trace_id=entry.trace_id,
            action=act.action,
            target=act.target,
            scope=act.scope,
            outcome=act.outcome,
            details=dict(act.details),
            format=entry.format,
            previous=entry.previous,
            digest=entry.digest,
        )


class ChainBody(Struct, kw_only=True):
    """What verifying found; `broken_at` is the first bad sequence, null if none.

    `entries` is the last one up to which the trail is whole. Those up to `removed`
    were removed by retention, which `note` says in words.
    """

    entries: int
    broken_at: int | None
    reason: str
    removed: Annotated[int, Meta(examples=[0])]
    removed_at: datetime | None
    checkpoints: int
    note: Annotated[str, Meta(examples=[""])]

    @classmethod
    def of(cls, state: ChainState) -> Self:
        """Show what was found."""
        return cls(
            entries=state.entries,
            broken_at=state.broken_at,
            reason=state.reason,
            removed=state.removed,
            removed_at=state.removed_at,
            checkpoints=state.checkpoints,
            note=state.note,
        )


class StateBody(Struct, kw_only=True):
    """How much there is and what was signed last; nothing is verified for it.

    `found` is what the last verification of this server found, at `found_at`.
    """

    entries: int
    sealed: int
    checkpoint: CheckpointBody | None
    anchor: AnchorBody | None
    found: ChainBody | None
    found_at: datetime | None

    @classmethod
    def of(cls, state: TrailState) -> Self:
        """Show what is known."""
        checkpoint, anchor, found = state.checkpoint, state.anchor, state.found
        return cls(
            entries=state.entries,
            sealed=state.sealed,
            checkpoint=CheckpointBody.of(checkpoint) if checkpoint else None,
            anchor=AnchorBody.of(anchor) if anchor else None,
            found=ChainBody.of(found) if found else None,
            found_at=state.found_at,
        )


def wanted_entries(  # noqa: PLR0913 - each is a query parameter
    *,
    action: Action = None,
    actor: Actor = None,
    outcome: Outcome | None = None,
    target: str | None = None,
    within: Scope = None,
    address: str | None = None,
    request_id: Request = None,
    trace_id: Trace = None,
    since: Since = None,
    until: Until = None,
) -> EntryFilter:
    """Return the filter of a query; what is empty counts as not given.

    Raises:
        BadFilter: a value cannot be understood.
    """
    return EntryFilter(
        action=action or None,
        actor=actor or None,
        outcome=outcome,
        target=target or None,
        scope=within or None,
        address=address or None,
        request_id=request_id or None,
        trace_id=trace_id or None,
        since=moment("since", since),
        until=moment("until", until),
    )


class AuditController(Controller):
    """Routes under `/api/v1/audit`."""

    path = "/api/v1/audit"
    tags = ("audit",)

    @get(dependencies={"wanted": Provide(wanted_entries, sync_to_thread=False)})
    @inject
    async def list_entries(
        self,
        who: FromDishka[Principal],
        log: FromDishka[AuditLog],
        wanted: EntryFilter,
        *,
        limit: int | None = None,
        after: str | None = None,
    ) -> PageBody[EntryBody]:
        """List entries, newest first."""
        page = await log.list(who, wanted, page_request(limit, after))
        items = [EntryBody.of(entry) for entry in page.items]
        return PageBody(items=items, next=page.next)

    @get(
        "/export",
        media_type=JSON_LINES,
        dependencies={"wanted": Provide(wanted_entries, sync_to_thread=False)},
        responses={
            200: ResponseSpec(
                str,
                generate_examples=False,
                description="JSON lines: the trail, keys, anchors, checkpoints, "
                "entries in their order, the end.",
                media_type=JSON_LINES,
                examples=[Example(summary="A trail of one entry", value=LINES)],
            )
        },
    )
    @inject
    async def export(
        self,
        who: FromDishka[Principal],
        export_trail: FromDishka[ExportTrail],
        wanted: EntryFilter,
    ) -> Stream:
        """Export entries, oldest first, with all it takes to verify them elsewhere.

        Without its last line, of the type `end`, the answer is not whole.
        """
        lines = await export_trail(who, wanted)
        return Stream(
            lines,
            media_type=JSON_LINES,
            headers={
                "Content-Disposition": 'attachment; filename="audit.jsonl"',
                "Cache-Control": "no-store",
            },
        )

    @get("/state")
    @inject
    async def state(
        self, who: FromDishka[Principal], log: FromDishka[AuditLog]
    ) -> StateBody:
        """Tell how much there is and what was signed last."""
        return StateBody.of(await log.state(who))

    @get("/verification")
    @inject
    async def verify(
        self, who: FromDishka[Principal], log: FromDishka[AuditLog]
    ) -> ChainBody:
        """Check that no entry was changed, removed or moved."""
        return ChainBody.of(await log.verify(who))
