"""Sessions over HTTP: where one is logged in, and ending that."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.principal import Principal
from fairlead.services.auth.domain import Session, device_of
from fairlead.services.auth.use_cases.devices import (
    ListSessions,
    LogoutEverywhere,
    RevokeSession,
)


class SessionBody(Struct, kw_only=True):
    """A session; `current` is the one this request belongs to.

    `used_at` and `address` are of its last refresh, or of the log-in.
    """

    id: UUID
    user: str
    device: Annotated[str, Meta(examples=["Firefox on Linux"])]
    address: str
    user_agent: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    current: bool

    @classmethod
    def of(cls, session: Session, who: Principal) -> Self:
        """Say what a person knows it by."""
        return cls(
            id=session.id,
            user=session.user_name,
            device=device_of(session.user_agent),
            address=session.address,
            user_agent=session.user_agent,
            created_at=session.created_at,
            used_at=session.used_at or session.created_at,
            expires_at=session.expires_at,
            current=session.id == who.session_id,
        )


class LogoutEverywhereBody(Struct, forbid_unknown_fields=True):
    """Whose sessions end: one's own, or those of `user`; `spare_own` keeps this one."""

    user: str | None = None
    spare_own: bool = False


class EndedBody(Struct, kw_only=True):
    """How many sessions were ended."""

    ended: int


class SessionController(Controller):
    """Routes about sessions under `/api/v1/auth`."""

    path = "/api/v1/auth"
    tags = ("auth",)

    @get("/sessions")
    @inject
    async def sessions(
        self,
        who: FromDishka[Principal],
        list_sessions: FromDishka[ListSessions],
        user: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> PageBody[SessionBody]:
        """List where one is logged in, newest first; `user`: where somebody is."""
        page = await list_sessions(who, page_request(limit, after), user=user)
        return PageBody(
            items=[SessionBody.of(each, who) for each in page.items], next=page.next
        )

    @delete("/sessions/{session:uuid}")
    @inject
    async def revoke(
        self,
        session: FromPath[UUID],
        who: FromDishka[Principal],
        revoke_session: FromDishka[RevokeSession],
    ) -> None:
        """End one session; its tokens stop at once."""
        await revoke_session(who, session)

    @post("/logout-everywhere", status_code=200)
    @inject
    async def logout_everywhere(
        self,
        data: JSONBody[LogoutEverywhereBody],
        who: FromDishka[Principal],
        logout: FromDishka[LogoutEverywhere],
    ) -> EndedBody:
        """End all sessions; with `spare_own` the one that asks goes on."""
        ended = await logout(who, user=data.user, spare_own=data.spare_own)
        return EndedBody(ended=ended)
