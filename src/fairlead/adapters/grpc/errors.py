"""Failures as gRPC statuses with google.rpc details."""

import json
from dataclasses import dataclass
from uuid import UUID

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from fairlead.kernel.errors import Detail, ErrorKind, FairleadError

DETAILS = "grpc-status-details-bin"
DOMAIN = "fairlead"
STATUS = {
    ErrorKind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorKind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    ErrorKind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    ErrorKind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorKind.CONFLICT: grpc.StatusCode.ABORTED,
    ErrorKind.THROTTLED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorKind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}
_RETRY = "retry_after"
_MAX_MESSAGE = 512  # bytes: clients refuse trailers beyond 8 KiB
_MAX_FACT = 256
_MAX_FACTS = 8


@dataclass(frozen=True, slots=True)
class Failure:
    """How a call ends that did not succeed.

    Attributes:
        reason: The stable code, as in problem details over HTTP.
        facts: What a client may want to know, e.g. the ids; strings only.
        retry_seconds: When it is worth trying again; None: unknown.
    """

    code: grpc.StatusCode
    reason: str
    message: str
    facts: dict[str, str]
    retry_seconds: float | None = None

    def details(self) -> bytes:
        """Return the serialised `google.rpc.Status`."""
        reason = ErrorInfo(reason=self.reason, domain=DOMAIN, metadata=self.facts)
        details: list[Message] = [reason]
        if self.retry_seconds is not None:
            delay = Duration()
            delay.FromNanoseconds(int(self.retry_seconds * 1_000_000_000))
            details.append(RetryInfo(retry_delay=delay))
        number, _ = self.code.value
        status = Status(code=number, message=self.message)
        for detail in details:
            packed = AnyMessage()
            packed.Pack(detail)
            status.details.append(packed)
        return status.SerializeToString()


def foreseen(error: FairleadError, *, request_id: str) -> Failure:
    """Return how a failure we foresaw is shown."""
    facts = {key: _text(value) for key, value in error.details.items()}
    retry = error.details.get(_RETRY)
    return Failure(
        code=STATUS[error.kind],
        reason=error.code,
        message=_cut(error.message, _MAX_MESSAGE),
        facts=dict([*facts.items()][:_MAX_FACTS], request_id=request_id),
        retry_seconds=float(retry) if isinstance(retry, int | float) else None,
    )


def bug(error_id: UUID, *, request_id: str) -> Failure:
    """Return how a bug of ours is shown: nothing but where to look."""
    return Failure(
        code=grpc.StatusCode.INTERNAL,
        reason="internal",
        message="Something went wrong on our side; the log has the error id.",
        facts={"error_id": str(error_id), "request_id": request_id},
    )


def too_late(*, request_id: str) -> Failure:
    """Return how a call is shown whose deadline has passed."""
    return Failure(
        code=grpc.StatusCode.DEADLINE_EXCEEDED,
        reason="grpc.deadline_exceeded",
        message="The deadline passed before there was an answer.",
        facts={"request_id": request_id},
    )


def stopping(*, request_id: str) -> Failure:
    """Return how a stream is shown that the server ends to stop."""
    return Failure(
        code=grpc.StatusCode.UNAVAILABLE,
        reason="grpc.stopping",
        message="The server is stopping; follow on from the last offset you saw.",
        facts={"request_id": request_id},
        retry_seconds=1,
    )


def _text(value: Detail) -> str:
    return _cut(value if isinstance(value, str) else json.dumps(value), _MAX_FACT)


def _cut(text: str, limit: int) -> str:
    return text.encode(errors="replace")[:limit].decode(errors="ignore")
