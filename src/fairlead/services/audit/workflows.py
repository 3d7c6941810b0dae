"""The workflows of this service's own jobs: one step each."""

from fairlead.kernel.engine import Call, Json, RetryPolicy, Steps, Workflow

PATIENT = RetryPolicy(max_attempts=5, initial_seconds=5.0, max_seconds=300.0)
HOUR_SECONDS = 3600.0


async def sign(steps: Steps, argument: Json) -> Json:
    """Sign the end of the trail."""
    return await steps.run(_call("audit.checkpoint", argument), key="checkpoint")


async def retain(steps: Steps, argument: Json) -> Json:
    """Remove entries that need not be kept."""
    return await steps.run(_call("audit.retain", argument), key="retain")


def _call(activity: str, argument: Json) -> Call:
    return Call(
        activity=activity,
        argument=argument,
        retry=PATIENT,
        timeout_seconds=HOUR_SECONDS,
    )


WORKFLOWS = (
    Workflow(name="audit.checkpoint", function=sign),
    Workflow(name="audit.retain", function=retain),
)
