"""One's own account in the console: where one is logged in, and one's API keys."""

from pathlib import Path

from fairlead.adapters.pages.part import ConsolePart
from fairlead.services.auth.pages.keys import KeyPages
from fairlead.services.auth.pages.sessions import AccountPages

CONSOLE = ConsolePart(
    controllers=(AccountPages, KeyPages),
    templates=Path(__file__).parent.with_name("templates"),
)
