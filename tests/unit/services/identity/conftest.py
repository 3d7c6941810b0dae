"""Identity over memory."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.events import Delivery
from fairlead.kernel.ids import new_id
from fairlead.kernel.mail import Letter, Mailer, MailRefused
from fairlead.kernel.principal import DEFAULT_TENANT, Origin, Principal
from fairlead.services.authz.public import Authorizer, LastAdministrator
from fairlead.services.identity.domain import Requests
from fairlead.services.identity.forms import FormLetters
from fairlead.services.identity.memory import (
    ListedPasswords,
    MemoryFactorStore,
    MemoryLinkStore,
    MemoryTallyStore,
    MemoryUserStore,
    PaperSafe,
    PlainHasher,
)
from fairlead.services.identity.permissions import (
    USER_CREATE,
    USER_DELETE,
    USER_READ,
    USER_UPDATE,
)
from fairlead.services.identity.public import (
    Departures,
    Outranked,
    Takeovers,
    User,
)
from fairlead.services.identity.tasks import (
    OnNewPlace,
    OnResetAsked,
    OnVerificationWanted,
)
from fairlead.services.identity.use_cases.credentials import (
    CheckCredentials,
    LocalDirectory,
)
from fairlead.services.identity.use_cases.factors import Own
from fairlead.services.identity.use_cases.letters import (
    Post,
    SendNewLogin,
    SendReset,
    SendVerification,
)
from fairlead.services.identity.use_cases.links import (
    AskReset,
    AskVerification,
    ResetPassword,
    VerifyEmail,
)
from fairlead.services.identity.use_cases.passwords import PasswordRules
from fairlead.services.identity.use_cases.profiles import DeleteUser, UpdateUser
from fairlead.services.identity.use_cases.second import CheckSecondFactor
from fairlead.services.identity.use_cases.turnstile import Turnstile
from fairlead.services.identity.use_cases.users import (
    CreateUser,
    GetUser,
    ListUsers,
    LocalUsers,
    SetDisabled,
    SetPassword,
)
from fairlead.testing.fakes import (
    FrozenClock,
    GrantList,
    NullWork,
    RecordingOutbox,
    RecordingTrail,
)

PASSWORD = "four words make sense"


class Needed(Departures):
    """Lets everybody go but those it needs."""

    def __init__(self) -> None:
        """Need nobody."""
        self.needed: set[UUID] = set()

    @override
    async def allow(self, user_id: UUID) -> None:
        if user_id in self.needed:
            raise LastAdministrator("This one is needed.")


class Ranks(Takeovers):
    """Lets everybody go on but towards those above them."""

    def __init__(self) -> None:
        """Have nobody above anybody."""
        self.above: set[str] = set()

    @override
    async def allow(self, who: Principal, user: User) -> None:
        if user.name in self.above:
            raise Outranked("This one may do more.", user=user.name)


@dataclass
class KeptLetters(Mailer):
    """Keeps letters, but for those to addresses that are refused."""

    refused: set[str]
    letters: list[Letter] = field(default_factory=list)

    @override
    async def send(self, letter: Letter) -> None:
        if letter.to in self.refused:
            raise MailRefused("No such mailbox.")
        self.letters.append(letter)


@dataclass
class World:
    """Everything of identity, wired over memory."""

    store: MemoryUserStore = field(default_factory=MemoryUserStore)
    tallies: MemoryTallyStore = field(default_factory=MemoryTallyStore)
    links: MemoryLinkStore = field(default_factory=MemoryLinkStore)
    factors: MemoryFactorStore = field(default_factory=MemoryFactorStore)
    safe: PaperSafe = field(default_factory=PaperSafe)
    requests: Requests = field(default_factory=Requests)
    hasher: PlainHasher = field(default_factory=PlainHasher)
    clock: FrozenClock = field(default_factory=FrozenClock)
    trail: RecordingTrail = field(default_factory=RecordingTrail)
    outbox: RecordingOutbox = field(default_factory=RecordingOutbox)
    work: NullWork = field(default_factory=NullWork)
    departures: Needed = field(default_factory=Needed)
    takeovers: Ranks = field(default_factory=Ranks)
    access: Authorizer = field(
        default_factory=lambda: GrantList(
            USER_CREATE, USER_READ, USER_UPDATE, USER_DELETE
        )
    )
    root: Principal = field(
        default_factory=lambda: Principal(id=UUID(int=1), name="root")
    )
    password: str = PASSWORD
    refused: set[str] = field(default_factory=set)

    @property
    def rules(self) -> PasswordRules:
        """Which passwords are taken."""
        return PasswordRules(
            breached=ListedPasswords("changemechangeme"), factors=self.factors
        )

    @property
    def second(self) -> CheckSecondFactor:
        """What asks for codes."""
        return CheckSecondFactor(
            factors=self.factors, safe=self.safe, work=self.work, clock=self.clock
        )

    @property
    def own(self) -> Own:
        """Whose account it is."""
        return Own(store=self.store, check=self._check(), trail=self.trail)

    @property
    def directory(self) -> LocalDirectory:
        """The directory."""
        return LocalDirectory(check=self._check(), store=self.store)

    @property
    def users(self) -> LocalUsers:
        """The managed users."""
        return LocalUsers(
            create_user=CreateUser(
                access=self.access,
                store=self.store,
                hasher=self.hasher,
                rules=self.rules,
                outbox=self.outbox,
                trail=self.trail,
                work=self.work,
                clock=self.clock,
                tenant_id=DEFAULT_TENANT,
            ),
            list_users=ListUsers(access=self.access, store=self.store),
            get_user=GetUser(access=self.access, store=self.store),
            disable=SetDisabled(
                access=self.access,
                store=self.store,
                departures=self.departures,
                outbox=self.outbox,
                trail=self.trail,
                work=self.work,
                clock=self.clock,
            ),
            change_password=SetPassword(
                access=self.access,
                store=self.store,
                tallies=self.tallies,
                links=self.links,
                takeovers=self.takeovers,
                check=self._check(),
                hasher=self.hasher,
                rules=self.rules,
                outbox=self.outbox,
                trail=self.trail,
                work=self.work,
                clock=self.clock,
            ),
        )

    @property
    def update(self) -> UpdateUser:
        """What changes profiles."""
        return UpdateUser(
            access=self.access,
            store=self.store,
            takeovers=self.takeovers,
            requests=self.requests,
            check=self._check(),
            outbox=self.outbox,
            trail=self.trail,
            work=self.work,
            clock=self.clock,
        )

    @property
    def forget(self) -> DeleteUser:
        """What deletes users."""
        return DeleteUser(
            access=self.access,
            store=self.store,
            tallies=self.tallies,
            links=self.links,
            factors=self.factors,
            departures=self.departures,
            outbox=self.outbox,
            trail=self.trail,
            work=self.work,
            clock=self.clock,
        )

    @property
    def ask_reset(self) -> AskReset:
        """What asks for a letter."""
        return AskReset(
            requests=self.requests,
            outbox=self.outbox,
            trail=self.trail,
            work=self.work,
            clock=self.clock,
            tenant_id=DEFAULT_TENANT,
        )

    @property
    def ask_verification(self) -> AskVerification:
        """What asks for another letter."""
        return AskVerification(
            store=self.store,
            requests=self.requests,
            outbox=self.outbox,
            trail=self.trail,
            work=self.work,
            clock=self.clock,
        )

    @property
    def verify(self) -> VerifyEmail:
        """What verifies addresses."""
        return VerifyEmail(
            store=self.store,
            links=self.links,
            trail=self.trail,
            work=self.work,
            clock=self.clock,
        )

    @property
    def reset(self) -> ResetPassword:
        """What sets new passwords."""
        return ResetPassword(
            store=self.store,
            links=self.links,
            tallies=self.tallies,
            hasher=self.hasher,
            rules=self.rules,
            outbox=self.outbox,
            trail=self.trail,
            work=self.work,
            clock=self.clock,
        )

    async def deliver(self) -> list[Letter]:
        """Hand the events to the subscribers; return the letters they sent."""
        mailer = KeptLetters(self.refused)
        post = Post(mailer=mailer, trail=self.trail)
        shared: dict[str, Any] = {
            "store": self.store,
            "post": post,
            "letters": FormLetters("http://x"),
        }
        kept: dict[str, Any] = {
            "links": self.links,
            "work": self.work,
            "clock": self.clock,
        }
        handlers = (
            OnVerificationWanted(send=SendVerification(**shared, **kept)),
            OnResetAsked(send=SendReset(**shared, **kept)),
            OnNewPlace(send=SendNewLogin(**shared)),
        )
        events, self.outbox.events = self.outbox.events, []
        for event in events:
            for handler in handlers:
                await handler(Delivery(id=new_id(), event=event))
        return mailer.letters

    def origin(self, address: str = "10.0.0.1") -> Origin:
        """Return an origin at an address."""
        return Origin(address=address)

    def _check(self) -> CheckCredentials:
        return CheckCredentials(
            store=self.store,
            tallies=self.tallies,
            hasher=self.hasher,
            turnstile=Turnstile(),
            outbox=self.outbox,
            second=self.second,
            work=self.work,
            clock=self.clock,
            tenant_id=DEFAULT_TENANT,
        )


@pytest.fixture
async def world() -> World:
    made = World()
    await made.users.create(made.root, "ada", PASSWORD)
    return made
