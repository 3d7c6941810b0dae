"""Refresh families under any order of tabs, lost answers, thieves and restarts."""

from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import DEFAULT_TENANT, Origin
from fairlead.services.auth.domain import (
    GRACE,
    Graces,
    Lifetimes,
    Session,
    kept,
    new_secret,
)
from fairlead.services.auth.memory import MemorySessionStore
from fairlead.services.auth.public import Unauthenticated
from fairlead.services.auth.use_cases.sessions import Refresh
from fairlead.services.auth.use_cases.tokens import EndedSessions
from fairlead.services.identity.public import User
from fairlead.testing.fakes import FrozenClock, NullWork, RecordingTrail

WEEK = timedelta(days=7)


class Tokens(RuleBasedStateMachine):
    """A model of one family, next to the real thing.

    The model knows each token's place in the line, when it was spent, and whether
    the family lives.
    """

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.store = MemorySessionStore()
        self.ended = EndedSessions(Lifetimes())
        self.seconds = 0.0
        graces = Graces(lambda: self.seconds)
        self.refresh = _refresh(self.store, self.ended, self.clock, graces)
        self.begun = self.clock.now()
        self.session: UUID
        self.first: str
        self.session, self.first = run(_begin(self.store, self.clock))
        self.line = [self.first]
        self.spent: dict[str, Any] = {}
        self.really: dict[str, float] = {}
        self.alive = True

    @rule(target=held)
    def log_in(self) -> str:
        """Hand out the first token of the line."""
        return self.first

    @rule(seconds=st.sampled_from([0.0, 1.0, 19.0, 20.0, 21.0, 3600.0, 86400.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(seconds=seconds))
        self.seconds += seconds

    @rule(seconds=st.sampled_from([-86400.0, -3600.0, -21.0, -5.0, 5.0, 3600.0]))
    def set_clock(self, seconds: float) -> None:
        """Set the time of day, back or ahead."""
        self.clock.advance(timedelta(seconds=seconds))

    @rule(target=held, token=held)
    def use(self, token: str) -> str:
        """Present any token somebody ever held: a tab, a retry, a thief."""
        now = self.clock.now()
        age = abs(now - self.spent.get(token, now))
        really = self.seconds - self.really.get(token, self.seconds)
        valid = self.alive and now - self.begun < WEEK
        expected = valid and age <= GRACE and really <= GRACE.total_seconds()
        try:
            given: str = run(self.refresh(token, origin=Origin())).refresh_token
        except Unauthenticated:
            assert not expected
            if valid:
                self.alive = False
            return token
        assert expected
        place = self.line.index(token)
        if token not in self.spent:
            self.spent[token] = now
            self.really[token] = self.seconds
            assert place == len(self.line) - 1
            self.line.append(given)
        assert given == self.line[place + 1]
        return given

    @invariant()
    def one_line_and_one_fresh_token(self) -> None:
        """No order of events forks the family."""
        tokens = self.store.tokens.values()
        assert len(tokens) == len(self.line)
        assert sum(token.spent_at is None for token in tokens) == 1
        ended = self.store.sessions[self.session].ended_at is not None
        assert ended is not self.alive
        assert (self.session in self.ended) is not self.alive


class _Somebody:
    """Knows every user, and nobody is disabled."""

    async def get(self, user_id: Any) -> User:
        return User(
            id=user_id,
            tenant_id=DEFAULT_TENANT,
            name="ada",
            disabled=False,
            created_at=FrozenClock().now(),
        )


class _Unsigned:
    """Issues tokens nobody looks at."""

    def issue(self, session: Any, *, at: Any) -> tuple[str, Any]:
        return "unsigned", at


def _refresh(store: Any, ended: Any, clock: Any, graces: Graces) -> Refresh:
    somebody: Any = _Somebody()
    unsigned: Any = _Unsigned()
    return Refresh(
        directory=somebody,
        store=store,
        issuer=unsigned,
        ended=ended,
        graces=graces,
        trail=RecordingTrail(),
        work=NullWork(),
        clock=clock,
    )


async def _begin(store: MemorySessionStore, clock: FrozenClock) -> tuple[Any, str]:
    now = clock.now()
    session = Session(
        id=new_id(),
        tenant_id=DEFAULT_TENANT,
        user_id=new_id(),
        user_name="ada",
        created_at=now,
        expires_at=now + WEEK,
    )
    secret = new_secret()
    await store.add(session, kept(secret, session.id, at=now))
    return session.id, secret


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run what never waits for anything."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")


TestFamilies = Tokens.TestCase
TestFamilies.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
