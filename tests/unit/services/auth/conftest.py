"""Auth over memory, with real tokens."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.module import Catalog, Manifest
from fairlead.kernel.principal import DEFAULT_TENANT, Origin
from fairlead.services.auth.domain import Graces, Lifetimes
from fairlead.services.auth.domain.api_keys import KeyGates
from fairlead.services.auth.jose import JoseFormat
from fairlead.services.auth.memory import (
    MemoryApiKeyStore,
    MemoryKeySafe,
    MemoryKeyStore,
    MemoryRunIdentityStore,
    MemorySessionStore,
)
from fairlead.services.auth.permissions import SIGNING_KEY_ROTATE
from fairlead.services.auth.ports import KeyReload
from fairlead.services.auth.use_cases.api_keys import (
    CreateKey,
    KeyRules,
    ListKeys,
    RevokeKey,
    RotateKey,
)
from fairlead.services.auth.use_cases.devices import (
    ListSessions,
    LogoutEverywhere,
    RevokeSession,
    Whose,
)
from fairlead.services.auth.use_cases.key_use import KnownKeys, LocalDelegations, UseKey
from fairlead.services.auth.use_cases.keys import (
    KeyRing,
    OpenKeys,
    ReloadKeys,
    RotateKeys,
)
from fairlead.services.auth.use_cases.runs import LocalRunIdentities, UseRunToken
from fairlead.services.auth.use_cases.sessions import (
    EndSessions,
    LocalSessions,
    Login,
    Logout,
    Refresh,
)
from fairlead.services.auth.use_cases.tokens import (
    EndedSessions,
    Issuer,
    LocalVerifier,
    RecallEndedSessions,
)
from fairlead.services.authz.use_cases.cache import GrantCache
from fairlead.services.identity.public import (
    Directory,
    SecondFactorNeeded,
    User,
    UserNotFound,
    WrongCode,
    WrongCredentials,
)
from fairlead.testing.fakes import FrozenClock, GrantList, NullWork, RecordingTrail

PASSWORD = "four words make sense"
MANIFEST = Manifest(
    name="shop",
    version="1.0.0",
    permissions={"shop.order.read": "See", "shop.order.create": "Make"},
)


class OneUser(Directory):
    """Knows Ada and her password."""

    def __init__(self) -> None:
        """She may log in; with a `code`, only by that, too."""
        self.code = ""
        self.ada = User(
            id=UUID(int=10),
            tenant_id=DEFAULT_TENANT,
            name="ada",
            disabled=False,
            created_at=FrozenClock().now(),
        )

    @override
    async def verify(
        self, name: str, password: str, *, origin: Origin, code: str = ""
    ) -> User:
        if (name, password) != ("ada", PASSWORD):
            raise WrongCredentials("The user name or the password is wrong.")
        if self.code and not code:
            raise SecondFactorNeeded("Give a code.")
        if code != self.code:
            raise WrongCode("The code is wrong.")
        return self.ada

    @override
    async def get(self, user_id: UUID) -> User:
        if user_id != self.ada.id:
            raise UserNotFound("There is no such user.")
        return self.ada

    @override
    async def find(self, name: str) -> User:
        if name != "ada":
            raise UserNotFound("There is no such user.")
        return self.ada


@dataclass
class Reload(KeyReload):
    """Reads the keys, and counts how often."""

    again: ReloadKeys
    times: int = 0

    @override
    async def __call__(self) -> None:
        self.times += 1
        await self.again()


@dataclass
class World:
    """Everything of auth; `open_keys` makes it ready."""

    store: MemorySessionStore = field(default_factory=MemorySessionStore)
    keys: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    safe: MemoryKeySafe = field(default_factory=MemoryKeySafe)
    clock: FrozenClock = field(default_factory=FrozenClock)
    trail: RecordingTrail = field(default_factory=RecordingTrail)
    directory: OneUser = field(default_factory=OneUser)
    password: str = PASSWORD
    origin: Origin = field(default_factory=lambda: Origin(address="10.0.0.1"))
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    seconds: float = 0.0
    steps: MemoryRunIdentityStore = field(default_factory=MemoryRunIdentityStore)
    api_keys: MemoryApiKeyStore = field(default_factory=MemoryApiKeyStore)
    grants: GrantList = field(default_factory=GrantList)

    def __post_init__(self) -> None:
        """Wire; also what a restart of the server does."""
        token_format = JoseFormat(issuer="fairlead", audience="fairlead")
        self.ring = KeyRing()
        self.ended = EndedSessions(self.lifetimes)
        self.open_keys = OpenKeys(
            ring=self.ring,
            store=self.keys,
            safe=self.safe,
            format=token_format,
            work=NullWork(),
            clock=self.clock,
        )
        self.recall = RecallEndedSessions(
            store=self.store,
            ended=self.ended,
            lifetimes=self.lifetimes,
            clock=self.clock,
        )
        self.reload = Reload(
            ReloadKeys(ring=self.ring, store=self.keys, safe=self.safe)
        )
        self.rotate = RotateKeys(
            ring=self.ring,
            store=self.keys,
            safe=self.safe,
            format=token_format,
            authorizer=GrantList(SIGNING_KEY_ROTATE),
            trail=self.trail,
            work=NullWork(),
            clock=self.clock,
        )
        self.verifier = LocalVerifier(
            ring=self.ring,
            format=token_format,
            ended=self.ended,
            reload=self.reload,
            clock=self.clock,
        )
        issuer = Issuer(ring=self.ring, format=token_format, lifetimes=self.lifetimes)
        self.end_sessions = EndSessions(
            store=self.store,
            ended=self.ended,
            trail=self.trail,
            work=NullWork(),
            clock=self.clock,
            tenant_id=DEFAULT_TENANT,
        )
        self.known_keys = KnownKeys(
            store=self.api_keys, directory=self.directory, clock=self.clock
        )
        self.gates = KeyGates(self.steady)
        self.use_key = UseKey(
            known=self.known_keys,
            store=self.api_keys,
            gates=self.gates,
            trail=self.trail,
            work=NullWork(),
            clock=self.clock,
        )
        rules = KeyRules(
            store=self.api_keys,
            directory=self.directory,
            authorizer=self.grants,
            catalog=Catalog((MANIFEST,)),
        )
        self.create_key = CreateKey(
            rules=rules,
            store=self.api_keys,
            trail=self.trail,
            work=NullWork(),
            clock=self.clock,
            tenant_id=DEFAULT_TENANT,
        )
        self.list_keys = ListKeys(
            store=self.api_keys, directory=self.directory, authorizer=self.grants
        )
        self.rotate_key = RotateKey(
            rules=rules,
            store=self.api_keys,
            trail=self.trail,
            work=NullWork(),
            clock=self.clock,
        )
        self.revoke_key = RevokeKey(
            rules=rules,
            store=self.api_keys,
            rights=GrantCache(),
            trail=self.trail,
            work=NullWork(),
            clock=self.clock,
            tenant_id=DEFAULT_TENANT,
        )
        self.use_run_token = UseRunToken(store=self.steps, clock=self.clock)
        self.run_identities = LocalRunIdentities(
            store=self.steps,
            lifetimes=self.lifetimes,
            trail=self.trail,
            work=NullWork(),
            clock=self.clock,
            tenant_id=DEFAULT_TENANT,
        )
        self.delegations = LocalDelegations(
            known=self.known_keys, store=self.api_keys, runs=self.steps
        )
        whose = Whose(directory=self.directory, authorizer=self.grants)
        self.list_sessions = ListSessions(
            whose=whose, store=self.store, clock=self.clock
        )
        self.revoke_session = RevokeSession(
            store=self.store, authorizer=self.grants, end=self.end_sessions
        )
        self.logout_everywhere = LogoutEverywhere(
            whose=whose, end=self.end_sessions, clock=self.clock
        )
        self.sessions = LocalSessions(
            begin=Login(
                directory=self.directory,
                store=self.store,
                issuer=issuer,
                lifetimes=self.lifetimes,
                trail=self.trail,
                work=NullWork(),
                clock=self.clock,
            ),
            renew=Refresh(
                directory=self.directory,
                store=self.store,
                issuer=issuer,
                ended=self.ended,
                graces=Graces(self.steady),
                trail=self.trail,
                work=NullWork(),
                clock=self.clock,
            ),
            finish=Logout(
                store=self.store,
                ended=self.ended,
                trail=self.trail,
                work=NullWork(),
                clock=self.clock,
            ),
        )

    async def restart(self) -> None:
        """Lose what is in memory only."""
        self.__post_init__()
        await self.open_keys()
        await self.recall()

    def steady(self) -> float:
        """Return what a clock says that nobody sets."""
        return self.seconds

    def wait(self, **by: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**by))
        self.seconds += timedelta(**by).total_seconds()

    def set_clock(self, **by: float) -> None:
        """Set the time of day, while no time passes."""
        self.clock.advance(timedelta(**by))


@pytest.fixture
async def world() -> World:
    made = World()
    await made.open_keys()
    return made
