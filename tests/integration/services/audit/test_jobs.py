"""The jobs work for every tenant's trail."""

import pytest
from tests.integration.services.audit.rig import ADA, EVE, Trail

from fairlead.kernel.engine import Attempt
from fairlead.services.audit.activities import AuditActivities
from fairlead.services.audit.public import TrailBroken


def attempt() -> Attempt:
    return Attempt(
        workflow_id="w", key="k", number=1, argument={"tenant_id": str(ADA.tenant_id)}
    )


async def test_every_trail_is_signed_and_cut(trail: Trail) -> None:
    """Nothing goes that no checkpoint covers: what told of the last one stays."""
    jobs = await trail.container.get(AuditActivities)
    for who in (ADA, EVE):
        await trail.record(who, "one", "two")
    await trail.settle()
    await jobs.checkpoint(attempt())
    await trail.settle()
    signed = [(await trail.verify(who)).checkpoints for who in (ADA, EVE)]
    await trail.advance(days=40)
    removed = await jobs.retain(attempt())
    await trail.settle()
    found = [await trail.verify(who) for who in (ADA, EVE)]

    assert signed == [1, 1]
    assert removed == {"removed": 4}
    assert [state.removed for state in found] == [2, 2]
    assert [state.broken_at for state in found] == [None, None]


async def test_a_broken_trail_keeps_no_other_waiting(trail: Trail) -> None:
    """The job fails all the same, so that somebody looks."""
    jobs = await trail.container.get(AuditActivities)
    for who in (ADA, EVE):
        await trail.record(who, "one", "two")
    await trail.settle()
    trail.hand("UPDATE audit_entries SET actor = 'x' WHERE actor = 'ada'")
    with pytest.raises(TrailBroken):
        await jobs.checkpoint(attempt())
    await trail.settle()

    assert (await trail.verify(EVE)).checkpoints == 1
    assert (await trail.verify(ADA)).checkpoints == 0
