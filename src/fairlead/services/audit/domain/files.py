"""Verifying an exported file, with nothing at hand but the file and public keys."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fairlead.kernel.principal import TenantId
from fairlead.services.audit.domain.chain import Walk, changed
from fairlead.services.audit.domain.lines import (
    VERSION,
    BadLine,
    read_entry,
    read_line,
    read_proof,
)
from fairlead.services.audit.domain.proofs import (
    CHECKPOINT_TAKEN,
    ENTRIES_REMOVED,
    Flaw,
    Signatures,
    check_proofs,
    check_signature,
)
from fairlead.services.audit.public import Anchor, Checkpoint, Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """What verifying a file found.

    Attributes:
        entries: How many are in it and good.
        filtered: Only some entries were exported, so none can be missed.
        broken_at: The first bad sequence, 0 where no entry is to blame.
        removed: Entries 1 to this were removed by retention, with the day.
        kept: The numbers of kept checkpoints that were found in the chain.
    """

    entries: int
    filtered: bool
    broken_at: int | None = None
    reason: str = ""
    removed: int = 0
    removed_on: str = ""
    checkpoints: int = 0
    kept: tuple[int, ...] = ()


@dataclass(slots=True)
class FileCheck:
    """Takes the lines of a file one after the other; `end` says what was found.

    `kept` are checkpoints that were kept elsewhere: the chain must hold them.
    """

    signatures_of: Callable[[Mapping[str, str]], Signatures]
    kept: Sequence[Checkpoint] = ()
    flaw: Flaw | None = None
    _lines: int = 0
    _tenant: TenantId | None = None
    _filtered: bool = False
    _keys: dict[str, str] = field(default_factory=dict)
    _anchors: list[Anchor] = field(default_factory=list)
    _checkpoints: list[Checkpoint] = field(default_factory=list)
    _walk: Walk | None = None
    _entries: int = 0
    _last: int = 0
    _ended: bool = False

    def take(self, line: bytes) -> None:
        """Read the next line; after the first flaw there is nothing more to find."""
        self._lines += 1
        if self.flaw is not None:
            return
        try:
            self._read(read_line(line))
        except BadLine as error:
            self._wrong(f"line {self._lines} is not as it was written: {error.message}")

    def end(self) -> FileState:
        """Say what was found, once all lines were taken."""
        if self.flaw is None and not self._ended:
            self._wrong("the file is cut off: its last line is missing")
        walk = self._walk
        if self.flaw is None and walk is not None and not self._filtered:
            self.flaw = walk.end() or self._unproved(walk)
        anchor = self._anchors[-1] if self._anchors else None
        return FileState(
            entries=self._entries,
            filtered=self._filtered,
            broken_at=self.flaw.at if self.flaw else None,
            reason=self.flaw.reason if self.flaw else "",
            removed=anchor.sequence if anchor else 0,
            removed_on=f"{anchor.at:%Y-%m-%d}" if anchor else "",
            checkpoints=len(self._checkpoints),
            kept=self._held() if self.flaw is None and not self._filtered else (),
        )

    def _read(self, facts: dict[str, Any]) -> None:
        if self._ended:
            raise BadLine("It comes after the end.")
        kind = facts["type"]
        if (kind == "trail") is not (self._lines == 1):
            raise BadLine("An export begins with a line of the type 'trail'.")
        if kind in {"key", "anchor", "checkpoint"} and self._walk is not None:
            raise BadLine("Keys, anchors and checkpoints come before the entries.")
        read = {
            "trail": self._begin,
            "key": self._key,
            "anchor": lambda facts: self._anchors.append(read_proof(facts, Anchor)),
            "checkpoint": lambda facts: self._checkpoints.append(
                read_proof(facts, Checkpoint)
            ),
            "entry": lambda facts: self._entry(read_entry(facts)),
            "end": self._finish,
        }.get(kind)
        if read is None:
            raise BadLine("Its type is not known.")
        read(facts)

    def _begin(self, facts: dict[str, Any]) -> None:
        if facts.get("version") != VERSION:
            raise BadLine(f"Only version {VERSION} can be read.")
        try:
            self._tenant = TenantId(UUID(facts["tenant"]))
            self._filtered = bool(facts["filters"])
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise BadLine("It does not say whose trail it is.") from error

    def _key(self, facts: dict[str, Any]) -> None:
        self._keys[str(facts.get("kid"))] = str(facts.get("x"))

    def _entry(self, entry: Entry) -> None:
        walk = self._started()
        if self.flaw is not None:
            return
        if self._filtered:
            reason = changed(entry, walk.tenant)
            if not reason and entry.sequence <= self._last:
                reason = f"entry {entry.sequence} was moved"
            self.flaw = Flaw(entry.sequence, reason) if reason else None
        else:
            self.flaw = walk.take(entry)
        self._last = entry.sequence
        self._entries += self.flaw is None

    def _started(self) -> Walk:
        """Check the proofs, once all were read, and begin the walk."""
        if self._walk is None:
            if self._tenant is None:
                raise BadLine("It is not said whose trail this is.")
            signatures = self.signatures_of(self._keys)
            for proofs in (self._anchors, self._checkpoints):
                wrong = check_proofs(proofs, self._tenant, signatures)
                self.flaw = self.flaw or wrong
            for each in self.kept:
                wrong = check_signature(each, self._tenant, signatures)
                self.flaw = self.flaw or wrong
            self._walk = Walk(
                self._tenant,
                anchor=self._anchors[-1] if self._anchors else None,
                checkpoints=() if self._filtered else self._merged(),
            )
            self.flaw = self.flaw or self._walk.begin()
        return self._walk

    def _merged(self) -> list[Checkpoint]:
        """Return the file's checkpoints and the kept ones in order."""
        both = [*self._checkpoints, *self.kept]
        return sorted(both, key=lambda each: each.sequence)

    def _finish(self, facts: dict[str, Any]) -> None:
        walk = self._started()
        self._ended = True
        if self.flaw is not None:
            return
        if facts.get("entries") != self._entries:
            self._wrong(
                f"the file says it has {facts.get('entries')} entries, "
                f"but it has {self._entries}"
            )
            return
        given = (facts.get("sequence"), facts.get("digest"))
        if not self._filtered and given != (walk.head.sequence, walk.head.digest):
            self._wrong("the last entry is not the one that the file ends with")

    def _unproved(self, walk: Walk) -> Flaw | None:
        """Tell what entries tell of that is not there."""
        for action, count, kind in (
            (CHECKPOINT_TAKEN, len(self._checkpoints), "checkpoint"),
            (ENTRIES_REMOVED, len(self._anchors), "anchor"),
        ):
            if walk.claimed[action] > count:
                return Flaw(
                    walk.head.sequence,
                    f"{kind} {count + 1} is missing, "
                    "though an entry tells that there is one",
                )
        return None

    def _held(self) -> tuple[int, ...]:
        start = self._anchors[-1].sequence if self._anchors else 0
        return tuple(each.number for each in self.kept if each.sequence >= start)

    def _wrong(self, reason: str) -> None:
        self.flaw = Flaw(0, reason)
