"""The sessions somebody has: where they are used, and ending them."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.services.auth.domain import Session
from fairlead.services.auth.permissions import SESSION_READ, SESSION_REVOKE
from fairlead.services.auth.ports import SessionStore
from fairlead.services.auth.public import PersonNeeded, SessionNotFound
from fairlead.services.auth.use_cases.sessions import EndSessions
from fairlead.services.authz.public import Authorizer
from fairlead.services.identity.public import Directory

WHATEVER_THE_CLOCK = timedelta(days=36_525)
"""Sessions that began before somebody set the clock back end, too."""


def require_person(who: Principal) -> None:
    """Let people pass.

    Raises:
        PersonNeeded: it is a key, a run or nobody.
    """
    if who.kind is not PrincipalKind.USER:
        raise PersonNeeded("Log in as a person for this; a key or a run may not do it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Tells whose account is meant: one's own, or that of a user by name."""

    directory: Directory
    authorizer: Authorizer

    async def __call__(self, who: Principal, user: str | None, permission: str) -> UUID:
        """Return the user's id; another's needs `permission`.

        Raises:
            PersonNeeded: it is one's own, and `who` is no person.
            NotAllowed: `who` lacks the permission.
            UserNotFound: nobody has this name.
        """
        person = who.kind is PrincipalKind.USER
        if user is None or (person and user.lower() == who.name):
            require_person(who)
            return who.id
        await self.authorizer.require(
            who, permission, target=f"users/{user.lower()[:63]}"
        )
        return (await self.directory.find(user)).id


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSessions:
    """See where one, or somebody, is logged in."""

    whose: Whose
    store: SessionStore
    clock: Clock

    async def __call__(
        self, who: Principal, page: PageRequest, *, user: str | None = None
    ) -> Page[Session]:
        """Return live sessions, newest first.

        Raises:
            PersonNeeded, NotAllowed, UserNotFound: see `Whose`.
        """
        owner = await self.whose(who, user, SESSION_READ)
        return await self.store.live(owner, at=self.clock.now(), page=page)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeSession:
    """End one session."""

    store: SessionStore
    authorizer: Authorizer
    end: EndSessions

    async def __call__(self, who: Principal, session_id: UUID) -> None:
        """End it; its access tokens stop at once. One that ended stays so.

        Raises:
            SessionNotFound: there is none, or it is another's and `who` may not
                even see it.
            NotAllowed: `who` may see it, but not end it.
        """
        missing = SessionNotFound(
            f"There is no session '{session_id}'.", session=str(session_id)
        )
        session = await self.store.get(session_id)
        own = session is not None and session.user_id == who.id
        if not own or who.kind is not PrincipalKind.USER:
            await self.authorizer.require(
                who,
                SESSION_REVOKE,
                target=f"sessions/{session_id}",
                sees=SESSION_READ,
                missing=missing,
            )
        if session is None:
            raise missing
        await self.end.one(who, session)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutEverywhere:
    """End all sessions somebody has."""

    whose: Whose
    end: EndSessions
    clock: Clock

    async def __call__(
        self, who: Principal, *, user: str | None = None, spare_own: bool = False
    ) -> int:
        """Return how many were ended; with `spare_own` the caller's goes on.

        Raises:
            PersonNeeded, NotAllowed, UserNotFound: see `Whose`.
        """
        owner = await self.whose(who, user, SESSION_REVOKE)
        but = who.session_id if spare_own else None
        begun_by = self.clock.now() + WHATEVER_THE_CLOCK
        return await self.end(who, owner, begun_by=begun_by, but=but)
