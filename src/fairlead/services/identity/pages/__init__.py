"""The console's pages about users: one's own account, and the way back in."""

from pathlib import Path

from fairlead.adapters.pages.part import ConsolePart
from fairlead.services.identity.pages.account import (
    EmailPages,
    PasswordPages,
    PreferencePages,
)
from fairlead.services.identity.pages.cards import OwnProfile
from fairlead.services.identity.pages.factors import SecondFactorPages
from fairlead.services.identity.pages.letters import LetterPages
from fairlead.services.identity.pages.users import NewUserPages, UserForms

CONSOLE = ConsolePart(
    controllers=(
        UserForms,
        NewUserPages,
        PasswordPages,
        EmailPages,
        PreferencePages,
        SecondFactorPages,
        LetterPages,
    ),
    templates=Path(__file__).parent.with_name("templates"),
    panels={"account": OwnProfile},
)
