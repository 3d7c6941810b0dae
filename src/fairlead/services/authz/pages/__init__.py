"""Who may do what, in the console."""

from pathlib import Path

from fairlead.adapters.pages.part import ConsolePart, Entry
from fairlead.services.authz.pages.access import SECTION, AccessPages
from fairlead.services.authz.permissions import BINDING_READ

CONSOLE = ConsolePart(
    controllers=(AccessPages,),
    templates=Path(__file__).parent.with_name("templates"),
    entries=(
        Entry(
            label="Access",
            path=SECTION,
            order=60,
            platform=True,
            permission=BINDING_READ,
        ),
    ),
)
