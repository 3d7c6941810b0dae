"""What the settings say shall be there, made once."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.unit.services.auth.installed import PaperGroups, PaperRoles, PaperUsers

from fairlead.adapters.settings.layers import SettingsInvalid
from fairlead.kernel.principal import DEFAULT_TENANT
from fairlead.services.auth.domain import Stage
from fairlead.services.auth.domain.seeds import (
    BindingSeed,
    GroupSeed,
    RoleSeed,
    Seeds,
    included_first,
)
from fairlead.services.auth.memory import MemoryInstallationStore
from fairlead.services.auth.public import BadSeed, Outcome, Seeded
from fairlead.services.auth.seeding import ChosenPassword
from fairlead.services.auth.settings import AdminSettings
from fairlead.services.auth.use_cases.administrator import (
    Administrator,
    MakeAdministrator,
)
from fairlead.services.auth.use_cases.seeding import (
    Seed,
    SeedBindings,
    SeedGroups,
    SeedRoles,
)
from fairlead.services.authz.public import HolderKind
from fairlead.testing.fakes import NullTogether, NullWork

START = frozenset({"pipelines.run.start"})
WHOLE = Seeds(
    roles=(
        RoleSeed(name="releaser", summary="Releases", includes=frozenset({"starter"})),
        RoleSeed(name="starter", permissions=START, includes=frozenset({"viewer"})),
    ),
    groups=(GroupSeed(name="platform", summary="Us", members=("Admin",)),),
    bindings=(
        BindingSeed(role="releaser", group="platform"),
        BindingSeed(role="starter", user="admin", scope="/projects/1"),
    ),
)


@dataclass
class World:
    """An installation and its settings."""

    seeds: Seeds = field(default_factory=Seeds)
    password: str = ""
    email: str = ""

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.users = PaperUsers()
        self.roles = PaperRoles(self.users)
        self.groups = PaperGroups(self.users)
        self.store = MemoryInstallationStore()
        self.together = NullTogether()

    def seed(self) -> Seed:
        administrator = Administrator(
            username="Admin".lower(), password=lambda: self.password, email=self.email
        )
        return Seed(
            seeds=self.seeds,
            store=self.store,
            make=MakeAdministrator(
                users=self.users, roles=self.roles, administrator=administrator
            ),
            mailboxes=self.users,
            seed_role=SeedRoles(roles=self.roles),
            seed_group=SeedGroups(groups=self.groups),
            seed_binding=SeedBindings(roles=self.roles),
            together=self.together,
            work=NullWork(),
            tenant_id=DEFAULT_TENANT,
        )


def outcomes(seeded: Seeded) -> set[str]:
    return {step.outcome for step in seeded.steps}


async def test_everything_is_made_and_a_second_time_kept() -> None:
    world = World(WHOLE, password="chosen", email="ada@example.org")
    first = await world.seed()()
    before = (dict(world.roles.own), list(world.roles.given), world.users.passwords)
    second = await world.seed()()

    assert outcomes(first) == {Outcome.MADE}
    assert [step.what for step in first.steps] == [
        "user admin",
        "role admin of user admin everywhere",
        "email address of admin",
        "role starter",
        "role releaser",
        "group platform",
        "user admin in group platform",
        "role releaser of group platform everywhere",
        "role starter of user admin in /projects/1",
    ]
    assert first.password is None
    assert [step.what for step in second.steps] == [step.what for step in first.steps]
    assert not second.changes
    assert before == (world.roles.own, world.roles.given, world.users.passwords)
    kinds = {each.principal_name: each.principal_kind for each in world.roles.given}
    assert kinds["platform"] is HolderKind.GROUP


async def test_a_role_becomes_what_is_written_and_the_rest_stays() -> None:
    """What people added by hand is not taken away."""
    world = World(WHOLE, password="chosen")
    await world.seed()()
    world.users.passwords["bob"] = "x"
    world.groups.inside["platform"] += ["bob"]
    world.seeds = Seeds(
        roles=(RoleSeed(name="starter", permissions=START),),
        groups=(GroupSeed(name="platform", summary="Us all", members=("bob",)),),
    )
    seeded = await world.seed()()

    changed = {step.what for step in seeded.steps if step.outcome == Outcome.CHANGED}
    assert changed == {"role starter", "group platform"}
    assert world.roles.own["starter"].includes == frozenset()
    assert world.groups.inside["platform"] == ["admin", "bob"]
    assert len(world.roles.given) == 3


async def test_a_generated_password_is_told_until_it_was_shown() -> None:
    world = World()
    lost = (await world.seed()()).password
    found = (await world.seed()()).password
    assert found is not None
    assert lost != found
    assert world.users.passwords == {"admin": found}

    await world.seed().shown()
    assert (await world.seed()()).password is None
    assert world.users.passwords == {"admin": found}


async def test_an_administrator_who_is_there_keeps_the_password() -> None:
    world = World(password="of the settings")
    world.users.passwords["admin"] = "their own"
    seeded = await world.seed()()

    assert world.users.passwords == {"admin": "their own"}
    assert await world.store.stage() is Stage.DONE
    assert [step.outcome for step in seeded.steps] == [Outcome.KEPT, Outcome.MADE]


async def test_a_rehearsal_keeps_nothing_and_tells_no_password() -> None:
    world = World(WHOLE)
    seeded = await world.seed()(dry_run=True)

    assert world.together.kept == [False]
    assert seeded.changes
    assert seeded.password is None


@pytest.mark.parametrize(
    ("seeds", "entry", "why"),
    [
        (
            Seeds(roles=(RoleSeed(name="a", permissions=frozenset({"no.such"})),)),
            "seed.roles, a",
            "no.such",
        ),
        (Seeds(roles=(RoleSeed(name="viewer"),)), "seed.roles, viewer", "built in"),
        (
            Seeds(
                roles=(
                    RoleSeed(name="a", includes=frozenset({"b"})),
                    RoleSeed(name="b", includes=frozenset({"a"})),
                )
            ),
            "seed.roles, b",
            "'a'",
        ),
        (
            Seeds(roles=(RoleSeed(name="a"), RoleSeed(name="a"))),
            "seed.roles",
            "twice",
        ),
        (
            Seeds(groups=(GroupSeed(name="g", members=("nobody",)),)),
            "seed.groups, g",
            "nobody",
        ),
        (
            Seeds(bindings=(BindingSeed(role="ghost", user="admin"),)),
            "seed.bindings, number 1 (ghost of admin)",
            "ghost",
        ),
        (
            Seeds(bindings=(BindingSeed(role="viewer", user="a", group="b"),)),
            "seed.bindings, number 1 (viewer of a)",
            "one of them",
        ),
    ],
)
async def test_a_bad_entry_is_named(seeds: Seeds, entry: str, why: str) -> None:
    with pytest.raises(BadSeed, match=why) as refused:
        await World(seeds, password="chosen").seed()()

    assert refused.value.details["entry"] == entry
    assert refused.value.message.startswith(entry)


def test_roles_stand_behind_those_they_include() -> None:
    def role(name: str, *includes: str) -> RoleSeed:
        return RoleSeed(name=name, includes=frozenset(includes))

    roles = (role("a", "b", "c"), role("b", "c"), role("c", "elsewhere"))

    assert [each.name for each in included_first(roles)] == ["c", "b", "a"]


def test_a_password_is_read_from_a_file(tmp_path: Any) -> None:
    file = tmp_path / "password"
    file.write_text("four words make sense\n")
    assert ChosenPassword(AdminSettings(password_file=str(file)))() == (
        "four words make sense"
    )


@pytest.mark.parametrize("content", [None, "", "\n", "one\ntwo\n", "x" * 1025])
def test_a_file_without_a_password_is_refused(
    tmp_path: Any, content: str | None
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_text(content)

    with pytest.raises(SettingsInvalid, match="password_file"):
        ChosenPassword(AdminSettings(password_file=str(file)))()


def test_two_passwords_are_refused() -> None:
    with pytest.raises(SettingsInvalid, match="not both"):
        ChosenPassword(AdminSettings(password="a", password_file="/b"))()
