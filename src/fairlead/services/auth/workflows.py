"""The workflow of this service's job: one step."""

from fairlead.kernel.engine import Call, Json, RetryPolicy, Steps, Workflow

PATIENT = RetryPolicy(max_attempts=5, initial_seconds=5.0, max_seconds=300.0)


async def expire_tokens(steps: Steps, argument: Json) -> Json:
    """Forget sessions that ended or expired."""
    call = Call(activity="auth.expire_tokens", argument=argument, retry=PATIENT)
    return await steps.run(call, key="expire")


WORKFLOWS = (Workflow(name="auth.expire_tokens", function=expire_tokens),)
