"""Who may do what, in the console."""

from pathlib import Path

from fairlead.adapters.pages.part import ConsolePart, Entry
from fairlead.services.authz.pages.access import AccessPages
from fairlead.services.authz.pages.ask import AskPages
from fairlead.services.authz.pages.groups import GroupPages
from fairlead.services.authz.pages.policies import PolicyForms, PolicyPages
from fairlead.services.authz.pages.roles import RoleForms, RolePages
from fairlead.services.authz.pages.sections import SECTION
from fairlead.services.authz.pages.users import UserPages
from fairlead.services.authz.permissions import BINDING_READ

CONSOLE = ConsolePart(
    controllers=(AccessPages, AskPages, UserPages, GroupPages, RolePages, PolicyPages),
    templates=Path(__file__).parent.with_name("templates"),
    forms=(RoleForms, PolicyForms),
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
