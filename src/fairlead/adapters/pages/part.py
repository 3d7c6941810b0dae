"""What a module gives to the console: pages, an entry, parts of the overview."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from litestar import Controller

from fairlead.kernel.module import Part
from fairlead.kernel.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A link in the console's side bar; `platform` ones stand below the others.

    Attributes:
        permission: Shown to those who have it somewhere; empty: to everybody.
    """

    label: str
    path: str
    order: int
    platform: bool = False
    permission: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """The one act that deals with something; a `post` one is a form of its own."""

    label: str
    path: str
    post: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Something that needs the reader.

    Attributes:
        state: A state's name, which gives the tone, e.g. `failed`.
        word: What the state is called here, e.g. `Run failed`.
        subject: The object's name; `detail` one sentence on what is wrong.
        fault: The path of what is behind it; where that needs the reader itself, this
            is left out.
        yours: Whether the reader may do something about it.
    """

    state: str
    word: str
    subject: str
    path: str
    detail: str
    button: Button | None = None
    fault: str = ""
    yours: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A part of the overview: a template and what it shows; lower `order` first."""

    template: str
    order: int
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one module has to say on the overview."""

    attention: tuple[Attention, ...] = ()
    cards: tuple[Card, ...] = ()


class Contributor(Protocol):
    """Says what a module has for the overview; leaves out what one may not see."""

    @abstractmethod
    async def contribute(self, who: Principal) -> Contribution:
        """Return it, quickly: the overview waits."""


class Panel(Protocol):
    """Adds to another module's page what this one knows of its subject."""

    @abstractmethod
    async def cards(self, who: Principal, subject: str) -> tuple[Card, ...]:
        """Return parts for the page of `subject`, e.g. a project's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something the find palette leads to; `kind` is a short noun, e.g. `project`."""

    label: str
    path: str
    kind: str
    detail: str = ""


class Finder(Protocol):
    """Finds a module's objects by a piece of their name."""

    @abstractmethod
    async def find(self, who: Principal, text: str) -> tuple[Found, ...]:
        """Return what fits, best first, at most 20; empty text: what is recent."""


@dataclass(frozen=True)
class ConsolePart(Part):
    """Pages of a module.

    Attributes:
        controllers: Their routes stand in `module.yaml` like all others.
        templates: A folder whose templates are found as `<module>/<file>`.
        entries: Links in the side bar.
        overview: `Contributor` types, built for each request from what they ask for,
            like those below.
        finders: `Finder` types.
        panels: `Panel` types by the slot they fill. Slots: `project`
            (cards of a project's page), `project.actions` (buttons in its head),
            `project.summary` (one line about it, in lists), `run` (which run and
            commit; the subject is its id), `account` (cards of one's own account; the
            subject is one's name), `access.user` (cards of a user's page),
            `access.scopes` (where roles can hold; without a subject).
        forms: Types that controllers share and ask for, e.g. a form shown and taken.
    """

    controllers: tuple[type[Controller], ...]
    templates: Path
    entries: tuple[Entry, ...] = ()
    overview: tuple[type[Any], ...] = field(default=())
    finders: tuple[type[Any], ...] = field(default=())
    panels: Mapping[str, type[Any]] = field(default_factory=dict)
    forms: tuple[type[Any], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """The console parts of all loaded modules, by the module's name."""

    parts: Mapping[str, ConsolePart]

    def entries(self) -> tuple[Entry, ...]:
        """Return the links of the side bar in their order."""
        found = (entry for part in self.parts.values() for entry in part.entries)
        return tuple(sorted(found, key=lambda entry: (entry.platform, entry.order)))
