"""What roles, groups and their kind may be called, and how much may be said."""

import re
from uuid import UUID

from fairlead.kernel.errors import FairleadError

MAX_SUMMARY = 200
RESERVED = frozenset({"new"})  # a page of the console

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def check_name(name: str, bad: type[FairleadError], *, what: str) -> None:
    """Refuse a name that is none, or could be taken for an id.

    Raises:
        FairleadError: of the type `bad`; `what` has the name, e.g. `role`.
    """
    if not is_name(name):
        raise bad(
            f"The name of a {what} has 1 to 40 lowercase letters, digits and dashes, "
            "and neither begins nor ends with a dash.",
            name=shown(name),
        )
    if name.isdigit() or _is_id(name):
        raise bad(f"'{name}' looks like an id: put a word into the name.", name=name)
    if name in RESERVED:
        raise bad(f"'{name}' is reserved: choose another name.", name=name)


def shown(name: str) -> str:
    """Return what may be told and kept of a name that somebody made up."""
    return "".join(each if each.isprintable() else "?" for each in name[:100])


def is_name(text: str) -> bool:
    """Tell whether `text` has the form of such a name."""
    return _NAME.fullmatch(text) is not None


def check_summary(summary: str, bad: type[FairleadError]) -> None:
    """Refuse a summary that is no short line.

    Raises:
        FairleadError: of the type `bad`.
    """
    if len(summary) > MAX_SUMMARY or not summary.isprintable():
        raise bad(f"Write a summary in one line of at most {MAX_SUMMARY} characters.")


def _is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
