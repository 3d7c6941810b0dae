"""The workflows of this service's own jobs: one step each."""

from fairlead.kernel.engine import Call, Json, Node, RetryPolicy, Steps, Workflow

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
    """Write down what happened in the week, and mail it to each who is to know."""
    call = Call(activity="operations.digest", argument=argument, retry=PATIENT)
    week = await steps.run(call, key="digest")
    letters = {
        f"mail:{name}": Node(
            call=Call(
                activity="operations.mail_digest",
                argument={"asked": argument, "week": week, "to": name},
                retry=PATIENT,
                timeout_seconds=60.0,
            )
        )
        for name in week["to"]
    }
    outcomes = await steps.graph(letters)
    mailed = {name: outcomes[f"mail:{name}"] for name in week["to"]}
    return {**{name: week[name] for name in week if name != "to"}, "mailed": mailed}


WORKFLOWS = (
    Workflow(name="operations.prune", function=prune),
    Workflow(name="operations.digest", function=digest, version=2),
)
