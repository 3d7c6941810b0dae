"""Following the chain, and telling where it is broken."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from fairlead.kernel.principal import TenantId
from fairlead.services.audit.domain.entries import FORMATS, Head, digest_of
from fairlead.services.audit.domain.proofs import (
    CHECKPOINT_TAKEN,
    ENTRIES_REMOVED,
    Flaw,
)
from fairlead.services.audit.public import (
    Anchor,
    ChainState,
    Checkpoint,
    Entry,
    Outcome,
)


@dataclass(frozen=True, slots=True)
class Seal:
    """The head as it was sealed with a key that is not in the database.

    `mac` is hex; without the key nobody can make it fit an older head.
    """

    sequence: int
    digest: str
    mac: str


class Walk:
    """Follows a chain entry by entry, past the checkpoints that lie on it.

    Attributes:
        head: How far the chain is whole.
        claimed: The highest number of each kind of proof that an entry tells of.
    """

    def __init__(
        self,
        tenant: TenantId,
        *,
        anchor: Anchor | None = None,
        after: Head | None = None,
        checkpoints: Iterable[Checkpoint] = (),
    ) -> None:
        """Begin after `anchor`, else after `after`, else at the first entry."""
        self.tenant = tenant
        self.head = after or Head()
        if anchor is not None:
            self.head = Head(anchor.sequence, anchor.digest)
        self._due = deque(
            each for each in checkpoints if each.sequence >= self.head.sequence
        )
        self.claimed = {CHECKPOINT_TAKEN: 0, ENTRIES_REMOVED: 0}

    def begin(self) -> Flaw | None:
        """Compare checkpoints of the entry at which the walk begins."""
        return self._compare()

    def take(self, entry: Entry) -> Flaw | None:
        """Go on to `entry`, or return why it is not the one that follows."""
        reason = flaw_of(entry, self.head, self.tenant)
        if reason:
            return Flaw(self.head.sequence + 1, reason)
        self.head = Head(entry.sequence, entry.digest)
        self._note(entry)
        return self._compare()

    def end(self) -> Flaw | None:
        """Tell what is missing at the end, as far as checkpoints show."""
        if not self._due:
            return None
        first, last = self.head.sequence + 1, self._due[-1]
        return Flaw(
            first,
            f"entries {first} to {last.sequence} are missing: checkpoint "
            f"{last.number} was taken of the last of them",
        )

    def _note(self, entry: Entry) -> None:
        act = entry.act
        if act.action in self.claimed and act.outcome is Outcome.DONE:
            number = act.target.rpartition("/")[2]
            if number.isdecimal():
                self.claimed[act.action] = max(self.claimed[act.action], int(number))

    def _compare(self) -> Flaw | None:
        while self._due and self._due[0].sequence <= self.head.sequence:
            checkpoint = self._due.popleft()
            if checkpoint.digest != self.head.digest:
                return Flaw(
                    checkpoint.sequence,
                    f"the trail was rewritten: checkpoint {checkpoint.number} was "
                    f"taken of another entry {checkpoint.sequence}",
                )
        return None


def flaw_of(entry: Entry, head: Head, tenant: TenantId) -> str:
    """Return why `entry` is not the one that follows `head`; empty: it is."""
    if entry.sequence != head.sequence + 1:
        return f"entry {head.sequence + 1} is missing"
    if entry.previous != head.digest:
        return f"entry {entry.sequence} does not follow the one before"
    return changed(entry, tenant)


def changed(entry: Entry, tenant: TenantId) -> str:
    """Return why `entry` is not as it was written; empty: it is."""
    if entry.format not in FORMATS:
        return f"entry {entry.sequence} has the format {entry.format}, which is unknown"
    if entry.digest != digest_of(entry, tenant):
        return f"entry {entry.sequence} was changed"
    return ""


def check_chain(
    entries: Iterable[Entry], *, after: Head, tenant: TenantId
) -> tuple[Head, ChainState]:
    """Follow the chain from `after`; return how far it is whole and what is wrong."""
    walk = Walk(tenant, after=after)
    for entry in entries:
        flaw = walk.take(entry)
        if flaw:
            return walk.head, ChainState(
                entries=walk.head.sequence, broken_at=flaw.at, reason=flaw.reason
            )
    return walk.head, ChainState(entries=walk.head.sequence)


def check_seal(head: Head, seal: Seal | None, *, fits: bool) -> ChainState:
    """Tell whether a whole chain that ends at `head` is all that was written.

    `fits`: the key made the seal.
    """
    whole = ChainState(entries=head.sequence)
    last = head.sequence
    if seal is None:
        reason = f"the seal of entry {last} is missing" if last else ""
    elif not fits:
        reason = "the seal was changed, or its key was replaced"
    elif seal.sequence > last:
        reason = (
            f"entries {last + 1} to {seal.sequence} are missing: "
            "the trail was cut off at its end"
        )
        last += 1
    elif seal.sequence < last:
        reason = f"entry {seal.sequence + 1} was added past the seal"
        last = seal.sequence + 1
    else:
        reason = "" if seal.digest == head.digest else f"entry {last} was replaced"
    return replace(whole, broken_at=last, reason=reason) if reason else whole
