"""The failures of pipelines that the inside knows by name."""

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.modules.pipelines.public import ExecutorRefused


class PipelineInvalid(FairleadError):
    """The pipeline file breaks the form.

    `details` has `file`, `line` and `column` (from 1; 0: the file as a whole) and
    `hint`.
    """

    kind = ErrorKind.INVALID
    code = "pipelines.file_invalid"


class PipelineMissing(PipelineInvalid):
    """There is no pipeline file."""

    code = "pipelines.file_missing"


class CheckoutFailed(FairleadError):
    """The repository cannot be cloned, is empty, or lacks the revision."""

    kind = ErrorKind.CONFLICT
    code = "pipelines.checkout_failed"


class StepBroken(FairleadError):
    """A step failed for good; `details` may carry `exit_code`."""

    kind = ErrorKind.CONFLICT
    code = "pipelines.step_failed"


class StepUnlucky(FairleadError):
    """A step failed and its pipeline file lets it try again."""

    kind = ErrorKind.CONFLICT
    code = "pipelines.step_failed_once"


class OutputRefused(FairleadError):
    """An output's pattern, or what it matched, breaks a rule."""

    kind = ErrorKind.INVALID
    code = "pipelines.output_refused"


class ArtifactNotFound(FairleadError):
    """The run has no artifact of this name or id."""

    kind = ErrorKind.NOT_FOUND
    code = "pipelines.artifact_not_found"


class DeployFailed(FairleadError):
    """A workload of the run did not come up; the message says why."""

    kind = ErrorKind.CONFLICT
    code = "pipelines.deploy_failed"


class RunFailed(FairleadError):
    """A run ended as failed; the message is its reason."""

    kind = ErrorKind.CONFLICT
    code = "pipelines.run_failed"


FOR_GOOD = tuple(
    error.code
    for error in (
        PipelineInvalid,
        PipelineMissing,
        CheckoutFailed,
        StepBroken,
        OutputRefused,
        ArtifactNotFound,
        DeployFailed,
        ExecutorRefused,
    )
)
