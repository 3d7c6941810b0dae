"""The one spelling of an email address."""

import re
import unicodedata

from fairlead.services.identity.public import BadEmail

MAX_TYPED = 512
MAX_LOCAL = 64
MAX_ADDRESS = 254
DEVIANT = frozenset("ßς")
"""What old and new rules for names of hosts read as different hosts (RFC 5894)."""

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def email_address(text: str) -> str:
    """Return an address in its one spelling: NFKC, lowercase, the host in IDNA.

    What cannot be seen, what looks like ASCII before the @ but is not, and hosts that
    are different ones by different rules are refused, not repaired.

    Raises:
        BadEmail: it is no address we would send to.
    """
    if len(text) > MAX_TYPED or any(_unseen(each) for each in text):
        raise _bad()
    local, _, host = unicodedata.normalize("NFKC", text).rpartition("@")
    address = f"{local.lower()}@{_host(host)}"
    local = local.lower()
    if len(local) > MAX_LOCAL or len(address) > MAX_ADDRESS:
        raise _bad()
    if not _LOCAL.fullmatch(local):
        raise _bad()
    return address


def _unseen(character: str) -> bool:
    """Tell whether it is a space, a control or a format character, or unassigned."""
    return unicodedata.category(character)[0] in "CZ"


def _host(text: str) -> str:
    if DEVIANT & set(text.lower()):
        raise _bad()
    try:
        host = text.encode("idna").decode("ascii").lower()
        host.encode().decode("idna")
    except UnicodeError as error:
        raise _bad() from error
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise _bad()
    return host


def _bad() -> BadEmail:
    return BadEmail(
        "Write the email address like ada@example.org: ASCII letters, digits and "
        "signs before the @, the name of a host after it."
    )
