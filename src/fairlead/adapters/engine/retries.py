"""Which steps of a workflow are tried again, and why."""

from collections.abc import Iterable

from fairlead.adapters.engine.codec import decode
from fairlead.adapters.engine.records import Step
from fairlead.kernel.engine import Retried


def retried(steps: Iterable[Step], *, now: float) -> tuple[Retried, ...]:
    """Return those under way that were tried before, in the order of their keys."""
    found = (
        _retried(step, now=now)
        for step in steps
        if step.outcome is None and step.limit and (step.failures or step.attempts > 1)
    )
    return tuple(sorted(found, key=lambda each: each.step))


def _retried(step: Step, *, now: float) -> Retried:
    waits = step.due > now
    code, message = _reason(step.reason)
    return Retried(
        step=step.key,
        attempt=step.failures + 1,
        attempts=max(step.limit, step.failures + 1),
        cut_off=max(step.attempts - step.failures - (not waits), 0),
        code=code,
        message=message,
        due_at=step.due if waits else None,
    )


def _reason(body: bytes) -> tuple[str, str]:
    """Read why an attempt failed; journals of older versions have the code alone."""
    if not body:
        return "", ""
    reason = decode(body)
    if isinstance(reason, str):
        return reason, ""
    code, message = reason
    return code, message
