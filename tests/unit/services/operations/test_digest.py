"""Who gets the digest, and what becomes of each letter."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.mail import Letter, Mailer, MailRefused, MailUnavailable
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT
from fairlead.services.audit.public import Outcome
from fairlead.services.identity.public import UserNotFound
from fairlead.services.operations.use_cases.digest import MailDigest, written
from fairlead.testing.fakes import RecordingTrail

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
PEOPLE = {
    "ada": ("ada@example.org", True, False),
    "bob": ("bob@example.org", False, False),
    "cleo": (None, False, False),
    "dan": ("dan@example.org", True, True),
    "eve": ("eve@example.org", True, False),
}


@dataclass
class Box(Mailer):
    """Keeps letters, or raises."""

    letters: list[Letter] = field(default_factory=list)
    error: Exception | None = None

    @override
    async def send(self, letter: Letter) -> None:
        if self.error is not None:
            raise self.error
        self.letters.append(letter)


class People:
    """Users, all of whom may administer; two on a page."""

    async def get(self, who: Any, name: str) -> Any:
        if name not in PEOPLE:
            raise UserNotFound("There is none.")
        email, verified, disabled = PEOPLE[name]
        return SimpleNamespace(email=email, email_verified=verified, disabled=disabled)

    async def who_can(self, who: Any, permission: str, page: PageRequest) -> Page[Any]:
        names = [*PEOPLE, "ada", "gone"]  # by a group, too; deleted just now
        first = int(page.after or 0)
        items = [SimpleNamespace(user_name=name) for name in names[first : first + 2]]
        more = first + 2 < len(names)
        return Page(items=tuple(items), next=str(first + 2) if more else None)


def mailing(box: Box) -> tuple[MailDigest, RecordingTrail]:
    trail, people = RecordingTrail(), cast("Any", People())
    mail = MailDigest(
        users=people, decisions=people, mailer=box, trail=trail, tenant=DEFAULT_TENANT
    )
    return mail, trail


async def test_those_with_a_verified_address_are_written_to_once() -> None:
    """Neither the unverified nor the disabled nor who has none."""
    mail, _ = mailing(Box())

    assert await mail.recipients() == ["ada", "eve"]


async def test_a_repeated_letter_has_the_same_id() -> None:
    """The letter says the week, and how to be rid of it."""
    box = Box()
    mail, trail = mailing(box)
    text = written("2026-02-23 to 2026-03-02", {"New users": ["zoe"], "Work": []})
    for name in ("ada", "ada", "eve"):
        assert await mail.send(name, UUID(int=1), text, at=AT) == "sent"

    first, again, other = box.letters
    assert (first.to, other.to) == ("ada@example.org", "eve@example.org")
    assert first == again
    assert first.id != other.id
    assert "New users\n  zoe" in first.text
    assert "Work\n  nothing" in first.text
    assert "pause operations.digest" in first.text
    assert trail.acts == []


async def test_what_is_refused_is_recorded_and_what_fails_is_tried_again() -> None:
    box = Box(error=MailRefused("No such mailbox."))
    mail, trail = mailing(box)
    refused = await mail.send("ada", UUID(int=1), "text", at=AT)
    box.error = MailUnavailable("Later.")
    with pytest.raises(MailUnavailable):
        await mail.send("ada", UUID(int=1), "text", at=AT)

    assert refused == "was refused: No such mailbox."
    assert [act.outcome for _, act in trail.acts] == [Outcome.REFUSED]
    assert await mail.send("bob", UUID(int=1), "x", at=AT) == (
        "has no verified address any more"
    )
