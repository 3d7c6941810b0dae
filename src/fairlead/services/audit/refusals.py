"""Which refusals are worth an entry, so that a flood of them cannot fill the trail."""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta

from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.kernel.thinning import Thinning
from fairlead.services.audit.public import Act

WINDOW = timedelta(seconds=10)
STRANGER_WINDOW = timedelta(minutes=1)
CAP_WINDOW = timedelta(minutes=1)
CALLER_CAP = 30
STRANGERS_CAP = 60
CALLERS = 10_000


class Cap:
    """Admits so many per minute of each key, and remembers how many it left out."""

    def __init__(self, most: int) -> None:
        """Admit at most `most`."""
        self._most = most
        self._known: OrderedDict[Hashable, tuple[datetime, int, int]] = OrderedDict()

    def admit(self, key: Hashable, *, at: datetime, more: int) -> int | None:
        """Return how many were left out before, `more` among them; None: this too."""
        since, told, left_out = self._known.get(key, (at, 0, 0))
        if at - since >= CAP_WINDOW:
            since, told = at, 0
        full = told >= self._most
        left = left_out + more + 1 if full else 0
        self._known[key] = (since, told if full else told + 1, left)
        self._known.move_to_end(key)
        if len(self._known) > CALLERS:
            self._known.popitem(last=False)
        return None if full else more + left_out


class Refusals:
    """Chooses the refusals worth recording, by who was refused what on which target.

    The same one at most once per window. Of one caller at most `CALLER_CAP` per
    minute, whatever it tries; a stranger is known by the address. Of all strangers at
    most `STRANGERS_CAP`, for addresses are cheap. What our own parts are refused is
    always recorded.
    """

    def __init__(self) -> None:
        """Begin with nothing refused."""
        self._facts = Thinning(WINDOW)
        self._strangers_facts = Thinning(STRANGER_WINDOW)
        self._callers = Cap(CALLER_CAP)
        self._strangers = Cap(STRANGERS_CAP)

    def admit(self, who: Principal, act: Act, *, at: datetime) -> int | None:
        """Return how many were left out since the last one; None: leave it out."""
        if who.kind is PrincipalKind.SERVICE:
            return 0
        address = "" if who.known else who.origin.address
        caller = (who.tenant_id, who.id, address)
        facts = self._facts if who.known else self._strangers_facts
        fact = (caller, act.action, act.target, act.scope, act.details.get("reason"))
        more = facts.admit(fact, at=at)
        if more is not None:
            more = self._callers.admit(caller, at=at, more=more)
        if more is not None and not who.known:
            more = self._strangers.admit(who.tenant_id, at=at, more=more)
        return more
