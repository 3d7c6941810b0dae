"""Signed statements about the chain: checkpoints, and anchors where it was cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Protocol

from fairlead.kernel.principal import TenantId
from fairlead.services.audit.domain.entries import canonical
from fairlead.services.audit.public import Anchor, Checkpoint

CHECKPOINT_TAKEN = "audit.checkpoint.create"
ENTRIES_REMOVED = "audit.entry.remove"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong, and at which entry first."""

    at: int
    reason: str


class Signatures(Protocol):
    """Tells which keys are ours and what they signed."""

    def knows(self, key_id: str) -> bool:
        """Tell whether a key of ours has this id."""

    def fits(self, key_id: str, text: bytes, signature: str) -> bool:
        """Tell whether this key signed `text`; `signature` is hex."""


def facts_of_proof(proof: Checkpoint) -> dict[str, Any]:
    """Return what the signature covers, the tenant left out."""
    facts: dict[str, Any] = {
        "number": proof.number,
        "sequence": proof.sequence,
        "digest": proof.digest,
        "at": proof.at.astimezone(UTC).isoformat(),
        "kid": proof.key_id,
    }
    if isinstance(proof, Anchor):
        facts |= {"archive": proof.archive, "archive_digest": proof.archive_digest}
    return facts


def signed_text(proof: Checkpoint, tenant: TenantId) -> bytes:
    """Return what is signed: the kind in a line, then the facts as canonical JSON."""
    facts = {"tenant": str(tenant), **facts_of_proof(proof)}
    return f"fairlead audit {kind_of(proof)} v1\n".encode() + canonical(facts)


def kind_of(proof: Checkpoint) -> str:
    """Return `anchor` or `checkpoint`."""
    return "anchor" if isinstance(proof, Anchor) else "checkpoint"


def check_proofs(
    proofs: Sequence[Checkpoint], tenant: TenantId, signatures: Signatures
) -> Flaw | None:
    """Return the first that is wrong; None: none is.

    They are in order, count from 1 without gaps, and a key of ours signed each.
    """
    last = 0
    for number, proof in enumerate(proofs, start=1):
        kind, at = kind_of(proof), proof.sequence
        if proof.number != number:
            return Flaw(at, f"{kind} {number} is missing")
        if at <= last:
            return Flaw(at, f"{kind} {number} does not follow the one before")
        wrong = check_signature(proof, tenant, signatures)
        if wrong is not None:
            return wrong
        last = at
    return None


def check_signature(
    proof: Checkpoint, tenant: TenantId, signatures: Signatures
) -> Flaw | None:
    """Tell whether no key of ours signed `proof`."""
    name = f"{kind_of(proof)} {proof.number}"
    if not signatures.knows(proof.key_id):
        return Flaw(proof.sequence, f"{name} is signed with a key that is not ours")
    text = signed_text(proof, tenant)
    if not signatures.fits(proof.key_id, text, proof.signature):
        return Flaw(proof.sequence, f"{name} was changed or forged")
    return None
