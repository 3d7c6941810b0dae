"""What a policy may be attached to, and how much of them there may be."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import get_close_matches

from fairlead.services.authz.domain.names import check_name, check_summary
from fairlead.services.authz.public import BadPolicy, LastAdministrator, PolicyDraft

MAX_POLICIES = 200
MAX_TEXT = 10_000
MAX_PATTERNS = 100
WHOLE = ".*"

_OWN = "authz.policy."


def check_policy_name(name: str) -> None:
    """Refuse a name that is none.

    Raises:
        BadPolicy: the message says why.
    """
    check_name(name, BadPolicy, what="policy")


def check_draft(
    draft: PolicyDraft,
    declared: Collection[str],
    *,
    kept: AbstractSet[str] = frozenset(),
) -> None:
    """Refuse what cannot be a policy, whatever its text says.

    What it is attached to must be `declared`, or be among what it had (`kept`).

    Raises:
        BadPolicy: the message says why.
        LastAdministrator: it is attached to what changes policies.
    """
    check_summary(draft.summary, BadPolicy)
    if not draft.permissions:
        raise BadPolicy(
            "Attach the policy to at least one permission, e.g. 'pipelines.run.start' "
            "or 'pipelines.*'."
        )
    if len(draft.permissions) > MAX_PATTERNS:
        raise BadPolicy(f"Attach a policy to at most {MAX_PATTERNS} permissions.")
    choices = {*declared, *(module_of(name) + WHOLE for name in declared)}
    for pattern in sorted(draft.permissions):
        if pattern not in choices and pattern not in kept:
            raise _unknown(pattern, choices)
        if pattern.startswith(_OWN) or pattern == module_of(_OWN) + WHOLE:
            raise LastAdministrator(
                f"No policy may be attached to {pattern}: nobody could repair it; "
                "name other permissions.",
                permission=pattern,
            )


def module_of(permission: str) -> str:
    """Return the name of the module that a permission belongs to."""
    return permission.partition(".")[0]


def matched(patterns: AbstractSet[str], declared: Iterable[str]) -> frozenset[str]:
    """Return the permissions that `patterns` mean, those not `declared` as well."""
    exact = {pattern for pattern in patterns if not pattern.endswith(WHOLE)}
    wide = {
        permission
        for permission in declared
        if module_of(permission) + WHOLE in patterns
    }
    return frozenset(exact | wide)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a text something is, both counted from 1."""

    line: int
    column: int


def bad_text(reason: str, place: Place | None) -> BadPolicy:
    """Return the error of a text that is wrong in one place."""
    if place is None:
        return BadPolicy(f"The policy is not valid: {reason}.")
    return BadPolicy(
        f"The policy is not valid in line {place.line}, column {place.column}: "
        f"{reason}.",
        line=place.line,
        column=place.column,
    )


def _unknown(pattern: str, choices: Collection[str]) -> BadPolicy:
    shown = pattern[:100]
    near = get_close_matches(shown, sorted(choices), n=1)
    hint = f"did you mean {near[0]}?" if near else "see 'fairlead roles show admin'."
    return BadPolicy(
        f"There is no permission '{shown}'; {hint}",
        permission=shown,
    )
