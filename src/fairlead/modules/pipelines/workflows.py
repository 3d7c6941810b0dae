"""How a run goes: checkout, plan, stages, end. Pure: it only asks for activities."""

from fairlead.kernel.engine import (
    Call,
    Json,
    Node,
    RetryPolicy,
    StepFailed,
    Steps,
    Workflow,
    WorkflowCancelled,
)
from fairlead.modules.pipelines.domain.errors import FOR_GOOD, RunFailed
from fairlead.modules.pipelines.domain.records import RUN

HOPELESS = (
    *FOR_GOOD,
    "pipelines.run_not_found",
    "authz.not_allowed",
    "engine.activity_bug",
)
# A crash, a launcher that restarts: tried again, beyond what the pipeline file allows.
MISHAPS = 20
FINISHING = RetryPolicy(max_attempts=20, max_seconds=10.0)


async def run_pipeline(steps: Steps, argument: Json) -> Json:
    """Run a project's pipeline; the result is its state and URLs.

    Raises:
        RunFailed: a step, an output or a workload failed; the rest was skipped.
        WorkflowCancelled: somebody cancelled it.
    """
    run = _Run(steps, argument)
    try:
        await run.go()
    except StepFailed as error:
        await run.finish("failed", error.message)
        raise RunFailed(error.message, stage=run.stage) from error
    except WorkflowCancelled:
        await run.finish("cancelled", "")
        raise
    return await run.finish("succeeded", "")


class _Run:
    """One run on its way; `stage` is the one that runs now."""

    def __init__(self, steps: Steps, argument: Json) -> None:
        self._steps = steps
        self._argument = argument
        self.stage = ""

    async def go(self) -> None:
        checkout = self._call("pipelines.checkout", timeout=86_400.0)
        await self._steps.run(checkout, key="checkout")
        plan = await self._steps.run(self._call("pipelines.plan"), key="plan")
        for stage in plan["stages"]:
            self.stage = stage["name"]
            await self._tell("running")
            for job in stage["jobs"]:
                await self._job(job)
            for output in stage["outputs"]:
                collect = self._call("pipelines.collect", 3600.0, output=output)
                await self._steps.run(collect, key=f"outputs/{output}")
            await self._tell("succeeded")
        self.stage = ""

    async def finish(self, state: str, reason: str) -> Json:
        call = Call(
            activity="pipelines.finish",
            argument={
                "workflow": self._argument,
                "state": state,
                "reason": reason,
                "stage": self.stage,
            },
            retry=FINISHING,
        )
        return await self._steps.run(call, key="finish", shield=True)

    async def _job(self, job: Json) -> None:
        calls = {
            f"{self.stage}/{step['name']}": self._step(step) for step in job["steps"]
        }
        if job["parallel"]:
            await self._steps.graph({key: Node(call=calls[key]) for key in calls})
            return
        for key, call in calls.items():
            await self._steps.run(call, key=key)

    def _step(self, step: Json) -> Call:
        name = "pipelines.deploy" if self.stage == "deploy" else "pipelines.run_step"
        return Call(
            activity=name,
            argument={
                "workflow": self._argument,
                "stage": self.stage,
                "step": step["name"],
            },
            retry=RetryPolicy(
                max_attempts=1 + step["retries"] + MISHAPS,
                initial_seconds=step["wait"],
                max_seconds=max(10.0, step["wait"]),
                fatal=HOPELESS,
                told=1 + step["retries"],
            ),
            timeout_seconds=step["timeout"] + 120.0,
        )

    async def _tell(self, state: str) -> None:
        call = self._call("pipelines.tell_stage", stage=self.stage, state=state)
        await self._steps.run(call, key=f"stages/{self.stage}/{state}")

    def _call(self, activity: str, timeout: float = 300.0, **more: Json) -> Call:
        return Call(
            activity=activity,
            argument={"workflow": self._argument, **more},
            retry=RetryPolicy(
                max_attempts=1 + MISHAPS, max_seconds=10.0, fatal=HOPELESS, told=1
            ),
            timeout_seconds=timeout,
        )


PIPELINE = Workflow(name=RUN, function=run_pipeline)
