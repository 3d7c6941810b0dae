"""Letters as files."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import UUID

import pytest

from fairlead.adapters.mail.files import FileMailer
from fairlead.kernel.mail import Letter, MailUnavailable
from fairlead.testing.fakes import FrozenClock

LETTER = Letter(id=UUID(int=7), to="ada@example.org", subject="Hi", text="One\n")


async def test_a_letter_is_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    """A second attempt replaces the first; any mail program opens it."""
    mailer = FileMailer(tmp_path / "mail", FrozenClock(), sender="a@b.c")
    await mailer.send(LETTER)
    await mailer.send(LETTER)

    (file,) = (tmp_path / "mail").iterdir()
    assert file.suffix == ".eml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    read = message_from_bytes(file.read_bytes(), policy=default)
    assert (read["To"], read["Subject"]) == ("ada@example.org", "Hi")


async def test_a_letter_that_cannot_be_written_waits(tmp_path: Path) -> None:
    """It is tried again."""
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(MailUnavailable):
        await FileMailer(tmp_path / "mail", FrozenClock(), sender="a@b.c").send(LETTER)


async def test_a_token_can_be_copied_from_the_file(tmp_path: Path) -> None:
    """Neither is a link broken in two, nor a `=` written in another way."""
    link = f"http://fairlead.example.org:7070/reset?token={'x' * 80}"
    ways = {8: f"Go to\n\n    {link}\n", 9: f"Grüß dich:\n\n    {link}\n"}
    mailer = FileMailer(tmp_path, FrozenClock(), sender="a@b.c")
    for number, text in ways.items():
        await mailer.send(replace(LETTER, id=UUID(int=number), text=text))

    plain, encoded = (tmp_path / f"{UUID(int=each)}.eml" for each in ways)
    assert link in plain.read_text()
    for file, text in zip((plain, encoded), ways.values(), strict=True):
        read = message_from_bytes(file.read_bytes(), policy=default)
        assert read.get_content().splitlines() == text.splitlines()
