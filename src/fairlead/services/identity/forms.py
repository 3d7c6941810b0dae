"""Letters from text files: the subject, an empty line, the text."""

from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.mail import Letter
from fairlead.services.identity.ports import Letters


@dataclass(frozen=True, slots=True)
class FormLetters(Letters):
    """Fills the forms in `letters/`; they are read when one is needed."""

    url: str
    folder: Path = field(default=Path(__file__).with_name("letters"))

    @override
    def write(self, form: str, *, letter_id: UUID, to: str, **facts: str) -> Letter:
        text = (self.folder / f"{form}.txt").read_text("utf-8")
        subject, _, body = text.partition("\n\n")
        shown = {name: _line(value) for name, value in facts.items()}
        return Letter(
            id=letter_id,
            to=to,
            subject=subject,
            text=Template(body).substitute(url=self.url, **shown),
        )


def _line(text: str) -> str:
    """Keep what a stranger can choose from writing lines of its own."""
    return "".join(each if each.isprintable() else " " for each in text)[:200]
