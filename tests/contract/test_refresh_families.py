"""Refresh families in every store, whatever tabs, thieves, crashes and clocks do."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import DEFAULT_TENANT, Origin, Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.services.auth.domain import (
    GRACE,
    Graces,
    Lifetimes,
    Session,
    digest_of,
)
from fairlead.services.auth.memory import MemorySessionStore
from fairlead.services.auth.ports import SessionStore
from fairlead.services.auth.public import Unauthenticated
from fairlead.services.auth.sql import SqlSessionStore
from fairlead.services.auth.use_cases.devices import LogoutEverywhere
from fairlead.services.auth.use_cases.sessions import EndSessions, Login, Refresh
from fairlead.services.auth.use_cases.tokens import EndedSessions
from fairlead.services.identity.public import User
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork, RecordingTrail

WEEK = timedelta(days=7)
SECONDS = GRACE.total_seconds()
EXAMPLES = {"memory": 60, "sqlite": 15, "postgresql": 5}
Stores = Callable[[], tuple[SessionStore, UnitOfWork]]


@dataclass
class Family:
    """What the model knows of one log-in: its line of tokens, and whether it lives."""

    session: UUID
    begun: datetime
    line: list[str]
    alive: bool = True
    spent: dict[str, datetime] = field(default_factory=dict)
    really: dict[str, float] = field(default_factory=dict)


class Broken(Exception):
    """The server died before the change was there to stay."""


class DyingWork(UnitOfWork):
    """Undoes what it would have committed."""

    def __init__(self, work: UnitOfWork) -> None:
        self.work = work

    @override
    async def __aenter__(self) -> "DyingWork":
        await self.work.__aenter__()
        return self

    @override
    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        broken = error or Broken()
        await self.work.__aexit__(type(broken), broken, trace)
        if error is None:
            raise broken


class Families(RuleBasedStateMachine):
    """Any number of log-ins of one user, and everybody who ever held a token."""

    stores: Stores
    run: Callable[[Any], Any]
    rolls_back: bool
    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.user = new_id()
        self.seconds = 0.0
        self.families: list[Family] = []
        self.start()

    def start(self) -> None:
        """Begin a process: what was kept in memory is gone."""
        self.ended = EndedSessions(Lifetimes())
        self.graces = Graces(lambda: self.seconds)
        self.began = self.seconds
        for family in self.families:
            family.really.clear()

    def parts(self) -> dict[str, Any]:
        store, work = type(self).stores()
        return {
            "store": store,
            "work": work,
            "clock": self.clock,
            "trail": RecordingTrail(),
        }

    def others(self) -> dict[str, Any]:
        return {"directory": Somebody(self.user), "issuer": Unsigned()}

    def refresh(self, *, dies: bool = False) -> Any:
        parts = self.parts()
        if dies:
            parts["work"] = DyingWork(parts["work"])
        return Refresh(
            **parts,
            **self.others(),
            ended=self.ended,
            graces=self.graces,
        )

    @rule(target=held)
    def log_in(self) -> str:
        login = Login(
            **self.parts(),
            **self.others(),
            lifetimes=Lifetimes(),
        )
        tokens = self.run(login("ada", "right", origin=Origin()))
        family = Family(
            session=UUID(tokens.access_token),
            begun=self.clock.now(),
            line=[tokens.refresh_token],
        )
        self.families.append(family)
        return family.line[0]

    @rule(seconds=st.sampled_from([0.0, 1.0, 19.0, 20.0, 21.0, 3600.0, 86400.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        self.seconds += seconds

    @rule(seconds=st.sampled_from([-86400.0, -3600.0, -21.0, -5.0, 5.0, 3600.0]))
    def set_clock(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @rule()
    def restart(self) -> None:
        self.start()

    @rule(target=held, token=held)
    def use(self, token: str) -> str:
        """Present any token somebody ever held: a tab, a retry, a thief."""
        expected = self.expected(token)
        [given] = self.run(self.present(token, 1))
        return self.settle(token, given, expected=expected)

    @rule(target=held, token=held, tabs=st.integers(2, 3))
    def use_in_tabs(self, token: str, tabs: int) -> str:
        """All of them get the same successor, or none of them any."""
        expected = self.expected(token)
        results = self.run(self.present(token, tabs))
        assert len(set(results)) == 1
        return self.settle(token, results[0], expected=expected)

    @rule(token=held)
    def lose_the_answer(self, token: str) -> None:
        """It was given, and nobody has it."""
        expected = self.expected(token)
        [given] = self.run(self.present(token, 1))
        self.settle(token, given, expected=expected)

    @precondition(lambda self: self.rolls_back)
    @rule(token=held)
    def die_before_the_commit(self, token: str) -> None:
        """Nothing has happened, but for a crash."""
        family = self.family(token)
        dying = self.refresh(dies=True)
        with pytest.raises((Broken, Unauthenticated)):
            self.run(dying(token, origin=Origin()))
        self.start()
        if not family.alive:
            return
        store, _ = type(self).stores()
        session = self.run(store.get(family.session))
        assert session is not None
        assert session.ended_at is None

    @rule(spare=st.booleans(), token=held)
    def log_out_everywhere(self, token: str, *, spare: bool) -> None:
        """All families end; that of the caller may be spared."""
        own = self.family(token)
        end = EndSessions(**self.parts(), ended=self.ended, tenant_id=DEFAULT_TENANT)
        everywhere = LogoutEverywhere(whose=Own(), end=end, clock=self.clock)  # type: ignore[arg-type]
        who = Principal(id=self.user, name="ada", session_id=own.session)
        self.run(everywhere(who, spare_own=spare))
        for family in self.families:
            over = self.clock.now() - family.begun >= WEEK
            if not over and not (spare and family is own):
                family.alive = False

    async def present(self, token: str, times: int) -> list[str | None]:
        async def once() -> str | None:
            try:
                tokens = await self.refresh()(token, origin=Origin())
            except Unauthenticated:
                return None
            return str(tokens.refresh_token)

        return await asyncio.gather(*(once() for _ in range(times)))

    def family(self, token: str) -> Family:
        return next(each for each in self.families if token in each.line)

    def expected(self, token: str) -> bool:
        """Tell whether the token will be taken, by the rules as they are written."""
        family, now = self.family(token), self.clock.now()
        if not family.alive or now - family.begun >= WEEK:
            return False
        spent = family.spent.get(token)
        if spent is None:
            return True
        if token in family.really:
            lately = self.seconds - family.really[token] <= SECONDS
        else:
            lately = spent <= now and self.seconds - self.began <= SECONDS
        return lately and abs(now - spent) <= GRACE

    def settle(self, token: str, given: str | None, *, expected: bool) -> str:
        """Compare what came with what was to come, and keep the model in step."""
        assert (given is not None) is expected
        family = self.family(token)
        if given is None:
            if self.clock.now() - family.begun < WEEK:
                family.alive = False
            return token
        place = family.line.index(token)
        if token not in family.spent:
            family.spent[token] = self.clock.now()
            family.really[token] = self.seconds
            assert place == len(family.line) - 1
            family.line.append(given)
        assert given == family.line[place + 1]
        return given

    @invariant()
    def what_is_stored_is_what_happened(self) -> None:
        """No order of events forks a family, and one that ended stays so."""
        store, _ = type(self).stores()
        for family in self.families:
            session = self.run(store.get(family.session))
            if session is None:  # forgotten a day after its week
                assert not self.known(family)
                continue
            assert (session.ended_at is None) is family.alive
            if family.session in self.ended:
                assert not family.alive
            self.run(self.one_fresh_token(store, family))

    def known(self, family: Family) -> bool:
        return self.clock.now() - family.begun < WEEK

    @staticmethod
    async def one_fresh_token(store: SessionStore, family: Family) -> None:
        fresh = 0
        for token in family.line:
            found = await store.find(digest_of(token))
            assert found is not None
            fresh += found[1].spent_at is None
        assert fresh == 1


class Somebody:
    """Knows one user, whom every password fits."""

    def __init__(self, user: UUID) -> None:
        self.user = User(
            id=user,
            tenant_id=DEFAULT_TENANT,
            name="ada",
            disabled=False,
            created_at=FrozenClock().now(),
        )

    async def get(self, user_id: UUID) -> User:
        assert user_id == self.user.id
        return self.user

    async def verify(self, *_: Any, **__: Any) -> User:
        return self.user


class Unsigned:
    """Issues tokens that say the session and nothing else."""

    def issue(self, session: Session, *, at: datetime) -> tuple[str, datetime]:
        return str(session.id), at


class Own:
    """Whoever asks means themselves."""

    async def __call__(self, who: Principal, *_: Any) -> UUID:
        return who.id


@contextmanager
def opened(
    backend: str, open_database: OpenDatabase, runner: asyncio.Runner
) -> Iterator[Stores]:
    """Give what makes a store and a unit of work, as each request has its own."""
    if backend == "memory":
        store = MemorySessionStore()
        yield lambda: (store, NullWork())
        return
    context = open_database(backend, ["auth"])
    database = runner.run(context.__aenter__())

    def sql() -> tuple[SessionStore, UnitOfWork]:
        connection = database.connection(DEFAULT_TENANT)
        return SqlSessionStore(connection, DEFAULT_TENANT), SqlUnitOfWork(connection)

    try:
        yield sql
    finally:
        runner.run(context.__aexit__(None, None, None))


@pytest.mark.parametrize("backend", ["memory", *BACKENDS])
def test_no_order_of_events_forks_or_revives_a_family(
    backend: str, open_database: OpenDatabase
) -> None:
    """Log-ins, tabs at once, lost answers, replays, crashes, clocks set back."""
    with (
        asyncio.Runner() as runner,
        opened(backend, open_database, runner) as stores,
    ):
        machine = type(
            "Here",
            (Families,),
            {
                "stores": staticmethod(stores),
                "run": staticmethod(runner.run),
                "rolls_back": backend != "memory",
            },
        )
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES[backend],
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
