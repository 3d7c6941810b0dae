"""Starting, renewing and ending sessions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import Origin, Principal, TenantId, anonymous
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, Outcome, refused, told
from fairlead.services.auth.domain import (
    FORGET,
    Graces,
    Lifetimes,
    RefreshToken,
    Session,
    Verdict,
    digest_of,
    judge,
    kept,
    new_secret,
    not_valid,
    successor,
)
from fairlead.services.auth.ports import SessionStore
from fairlead.services.auth.public import Sessions, Tokens, Unauthenticated
from fairlead.services.auth.use_cases.tokens import EndedSessions, Issuer
from fairlead.services.identity.public import (
    Directory,
    TooManyAttempts,
    User,
    UserNotFound,
    WrongCredentials,
)

LOGIN = "auth.session.login"
REFRESH = "auth.session.refresh"
LOGOUT = "auth.session.logout"
REUSE = "auth.session.reuse"
SHUT_OUT = "auth.session.end"
MAX_NAME = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Begin a session."""

    directory: Directory
    store: SessionStore
    issuer: Issuer
    lifetimes: Lifetimes
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(
        self, username: str, password: str, *, origin: Origin, code: str = ""
    ) -> Tokens:
        """Return the first tokens; refused log-ins are recorded.

        Raises:
            WrongCredentials, TooManyAttempts: see `identity.public`.
            SecondFactorNeeded, WrongCode: see `identity.public`.
        """
        try:
            user = await self.directory.verify(
                username, password, origin=origin, code=code
            )
            return await self._begin(user, origin)
        except (WrongCredentials, TooManyAttempts) as error:
            await self._record_refusal(username, origin, error)
            raise

    async def _begin(self, user: User, origin: Origin) -> Tokens:
        now = self.clock.now()
        session = Session(
            id=new_id(),
            tenant_id=user.tenant_id,
            user_id=user.id,
            user_name=user.name,
            created_at=now,
            expires_at=now + self.lifetimes.session,
            address=origin.address,
            user_agent=origin.user_agent,
        )
        secret = new_secret()
        access, until = self.issuer.issue(session, at=now)
        async with self.work:
            if await overtaken(self.directory, user):
                raise WrongCredentials("The user name or the password is wrong.")
            await self.store.purge(now - FORGET)
            await self.store.add(session, kept(secret, session.id, at=now))
            await self.trail.record(_who(session, origin), _act(LOGIN, session))
        return Tokens(
            access_token=access,
            access_expires_at=until,
            refresh_token=secret,
            refresh_expires_at=session.expires_at,
        )

    async def _record_refusal(
        self, username: str, origin: Origin, error: FairleadError
    ) -> None:
        name = username.lower()[:MAX_NAME]
        act = Act(action=LOGIN, target=f"users/{await self._shown(name)}")
        await self.trail.record(anonymous(origin), refused(act, error))

    async def _shown(self, name: str) -> str:
        """Keep a password that was typed as a name out of the trail."""
        try:
            return (await self.directory.find(name)).name
        except UserNotFound:
            return "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """Renew a session."""

    directory: Directory
    store: SessionStore
    issuer: Issuer
    ended: EndedSessions
    graces: Graces
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, refresh_token: str, *, origin: Origin) -> Tokens:
        """Return the next tokens; within the grace, the same refresh token again.

        Raises:
            Unauthenticated: unknown, expired, spent or revoked.
        """
        who, bad = anonymous(origin), Act(action=REFRESH, target="sessions/unknown")
        async with told(self.trail, who, bad, Unauthenticated):
            digest = digest_of(refresh_token)
            if await self.store.find(digest) is None:
                raise not_valid()
        now = self.clock.now()
        async with told(self.trail, who, bad, Unauthenticated), self.work:
            found = await self.store.find(digest)
            if found is None:
                raise not_valid()
            session, token = found
            verdict = judge(session, token, at=now, graces=self.graces)
            out = await shut_out(self.directory, session.user_id)
            following = successor(refresh_token, token)
            if out or verdict is Verdict.REUSED:
                await self.store.end(session.id, at=now)
                await self._record_end(session, token, origin, shut_out=out)
            elif verdict is Verdict.FRESH:
                next_token = kept(following, session.id, at=now)
                self.graces.note(digest)
                await self.store.spend(digest, at=now, following=next_token)
                await self.store.see(session.id, at=now, origin=origin)
        if out or verdict is Verdict.REUSED:
            self.ended.add(session.id, at=now)
            raise not_valid()
        access, until = self.issuer.issue(session, at=now)
        return Tokens(
            access_token=access,
            access_expires_at=until,
            refresh_token=following,
            refresh_expires_at=session.expires_at,
        )

    async def _record_end(
        self, session: Session, token: RefreshToken, origin: Origin, *, shut_out: bool
    ) -> None:
        details = {} if token.spent_at is None else {"spent_at": str(token.spent_at)}
        act = Act(
            action=SHUT_OUT if shut_out else REUSE,
            target=f"sessions/{session.id}",
            outcome=Outcome.REFUSED,
            details=details,
        )
        await self.trail.record(_who(session, origin), act)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout:
    """End the caller's session."""

    store: SessionStore
    ended: EndedSessions
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal) -> None:
        """End it; access tokens stop at once. Without a session nothing happens."""
        if who.session_id is None:
            return
        now = self.clock.now()
        async with self.work:
            await self.store.end(who.session_id, at=now)
            act = Act(action=LOGOUT, target=f"sessions/{who.session_id}")
            await self.trail.record(who, act)
        self.ended.add(who.session_id, at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessions:
    """End the sessions of a user who was shut out or has a new password."""

    store: SessionStore
    ended: EndedSessions
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock
    tenant_id: TenantId

    async def __call__(
        self,
        who: Principal,
        user_id: UUID,
        *,
        begun_by: datetime,
        but: UUID | None = None,
    ) -> int:
        """End those begun by then, but for one; their access tokens stop at once.

        Returns how many there were.
        """
        now = self.clock.now()
        async with self.work:
            gone = await self.store.end_all(user_id, at=now, begun_by=begun_by, but=but)
            for session_id in gone:
                act = Act(action=SHUT_OUT, target=f"sessions/{session_id}")
                await self.trail.record(who, act)
        for session_id in gone:
            self.ended.add(session_id, at=now)
        return len(gone)

    async def one(self, who: Principal, session: Session) -> None:
        """End one session; one that ended stays as it is."""
        if session.ended_at is not None:
            return
        now = self.clock.now()
        async with self.work:
            await self.store.end(session.id, at=now)
            await self.trail.record(who, _act(SHUT_OUT, session))
        self.ended.add(session.id, at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSessions(Sessions):
    """Sessions of this process's database."""

    begin: Login
    renew: Refresh
    finish: Logout

    @override
    async def login(
        self, username: str, password: str, *, origin: Origin, code: str = ""
    ) -> Tokens:
        return await self.begin(username, password, origin=origin, code=code)

    @override
    async def refresh(self, refresh_token: str, *, origin: Origin) -> Tokens:
        return await self.renew(refresh_token, origin=origin)

    @override
    async def logout(self, who: Principal) -> None:
        await self.finish(who)


async def overtaken(directory: Directory, user: User) -> bool:
    """Tell whether what `user` has shown is not enough any more.

    They were shut out or have another password since.
    """
    try:
        latest = await directory.get(user.id)
    except UserNotFound:
        return True
    return latest.disabled or latest.password_mark != user.password_mark


async def shut_out(directory: Directory, user_id: UUID) -> bool:
    """Tell whether a user may not log in (any more), or is gone."""
    try:
        return (await directory.get(user_id)).disabled
    except UserNotFound:
        return True


def _who(session: Session, origin: Origin) -> Principal:
    return Principal(
        id=session.user_id,
        name=session.user_name,
        tenant_id=session.tenant_id,
        session_id=session.id,
        origin=origin,
    )


def _act(action: str, session: Session) -> Act:
    return Act(action=action, target=f"sessions/{session.id}")
