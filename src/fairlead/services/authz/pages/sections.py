"""What the pages below Access share: their tabs, and where roles can hold."""

from dataclasses import dataclass
from typing import Any

from litestar import Response

from fairlead.adapters.pages.faults import status_of
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet
from fairlead.kernel.errors import FairleadError
from fairlead.services.authz.permissions import (
    BINDING_READ,
    DECISION_READ,
    GROUP_READ,
    POLICY_READ,
    ROLE_READ,
)
from fairlead.services.authz.public import Escalation, GroupNotFound, RoleNotFound
from fairlead.services.identity.permissions import USER_READ
from fairlead.services.identity.public import UserNotFound

SECTION = "/access"
PER_PAGE = 100
TABS = (
    ("Who has what", SECTION, BINDING_READ),
    ("Users", f"{SECTION}/users", USER_READ),
    ("Groups", f"{SECTION}/groups", GROUP_READ),
    ("Roles", f"{SECTION}/roles", ROLE_READ),
    ("Policies", f"{SECTION}/policies", POLICY_READ),
    ("Ask", f"{SECTION}/ask", DECISION_READ),
)
_SAID = (UserNotFound, GroupNotFound, RoleNotFound, Escalation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one page below Access is shown.

    Attributes:
        tab: The path of the tab it belongs to.
        above: What lies between Access and the page: labels and paths.
        fault: Why the form on it was refused; None: it was not.
    """

    template: str
    title: str
    command: str
    tab: str
    above: tuple[tuple[str, str], ...] = ()
    fault: FairleadError | None = None


async def show(
    request: AnyRequest, pages: Pages, look: Look, **data: Any
) -> Response[str]:
    """Return a page below Access with its tabs.

    Raises:
        FairleadError: `look.fault`, when no other input would mend it.
    """
    sheet = Sheet(
        template=f"authz/{look.template}",
        title=look.title,
        command=look.command,
        crumbs=(("Access", SECTION), *look.above) if look.tab != SECTION else (),
        section=SECTION,
        status=200 if look.fault is None else status_of(look.fault, *_SAID),
    )
    tabs = [
        (label, path)
        for label, path, permission in TABS
        if await pages.permits.somewhere(pages.who, permission)
    ]
    return await pages.show(
        request,
        sheet,
        tabs=tabs,
        tab=look.tab,
        fault="" if look.fault is None else look.fault.message,
        **data,
    )


async def places(pages: Pages) -> dict[str, Any]:
    """Return what templates need to name scopes and to offer them."""
    scopes = await pages.panels("access.scopes", "")
    return {
        "scopes": scopes,
        "places": {card.data["scope"]: card.data for card in scopes},
    }
