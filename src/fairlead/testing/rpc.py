"""A gRPC client that needs no generated code: calls by a service's descriptor."""

from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

DETAILS = "grpc-status-details-bin"
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Client:
    """Calls one service over a channel, as the holder of `token`."""

    channel: grpc.aio.Channel
    service: ServiceDescriptor
    token: str = ""

    def call(
        self,
        name: str,
        /,
        seconds: float = PATIENCE_SECONDS,
        sent: tuple[tuple[str, str], ...] = (),
        **fields: Any,
    ) -> Any:
        """Call the method `name` with a message of `fields`; `sent`: metadata.

        Await it for the answer, or iterate over it when the method streams.
        """
        method = self.service.methods_by_name[name]
        request = GetMessageClass(method.input_type)
        answer = GetMessageClass(method.output_type)
        open_call: Any = (
            self.channel.unary_stream
            if method.server_streaming
            else self.channel.unary_unary
        )
        ready = open_call(
            f"/{self.service.full_name}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=answer.FromString,
        )
        if self.token:
            sent = (*sent, ("authorization", f"Bearer {self.token}"))
        return ready(request(**fields), timeout=seconds, metadata=sent)


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a call failed, with what the server told besides.

    Attributes:
        reason: The stable code, e.g. `operations.not_found`.
        retry_seconds: None: the server said nothing of trying again.
    """

    code: grpc.StatusCode
    message: str
    reason: str
    facts: dict[str, str]
    retry_seconds: float | None


def refusal(error: grpc.aio.AioRpcError) -> Refusal:
    """Return what a failed call's status and details say."""
    trailers = dict(error.trailing_metadata() or ())
    status = Status.FromString(trailers.get(DETAILS, b""))
    info, retry = ErrorInfo(), RetryInfo()
    seconds = None
    for detail in status.details:
        detail.Unpack(info)
        if detail.Unpack(retry):
            seconds = retry.retry_delay.ToTimedelta().total_seconds()
    return Refusal(
        code=error.code(),
        message=error.details() or "",
        reason=info.reason,
        facts=dict(info.metadata),
        retry_seconds=seconds,
    )
