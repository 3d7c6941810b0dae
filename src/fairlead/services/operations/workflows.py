"""The workflows of this service's own jobs: one step each."""

from fairlead.kernel.engine import Call, Json, RetryPolicy, Steps, Workflow

PATIENT = RetryPolicy(max_attempts=5, initial_seconds=5.0, max_seconds=300.0)
HOUR_SECONDS = 3600.0


async def prune(steps: Steps, argument: Json) -> Json:
    """Remove what ended long ago."""
    call = Call(
        activity="operations.prune",
        argument=argument,
        retry=PATIENT,
        timeout_seconds=HOUR_SECONDS,
    )
    return await steps.run(call, key="prune")


async def digest(steps: Steps, argument: Json) -> Json:
    """Write down what happened in the week."""
    call = Call(activity="operations.digest", argument=argument, retry=PATIENT)
    return await steps.run(call, key="digest")


WORKFLOWS = (
    Workflow(name="operations.prune", function=prune),
    Workflow(name="operations.digest", function=digest),
)
