"""Sessions and API keys in the console: one's own, and those of others."""

from pathlib import Path

from fairlead.adapters.pages.part import ConsolePart
from fairlead.services.auth.pages.access import LogInForms, LogInsOfUser
from fairlead.services.auth.pages.keys import KeyPages
from fairlead.services.auth.pages.sessions import AccountPages

CONSOLE = ConsolePart(
    controllers=(AccountPages, KeyPages, LogInForms),
    templates=Path(__file__).parent.with_name("templates"),
    panels={"access.user": LogInsOfUser},
)
