"""Failures as statuses with details."""

from base64 import b64encode
from typing import Any
from urllib.parse import quote
from uuid import UUID

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from fairlead.adapters.grpc.errors import STATUS, bug, foreseen
from fairlead.kernel.errors import ErrorKind, FairleadError


def failing(kind_: ErrorKind, message: str = "Wait.", **details: Any) -> FairleadError:
    class Failing(FairleadError):
        kind = kind_
        code = "test.failing"

    return Failing(message, **details)


def details_of(data: bytes) -> tuple[Status, ErrorInfo, RetryInfo | None]:
    status, info, retry = Status.FromString(data), ErrorInfo(), RetryInfo()
    assert status.details[0].Unpack(info)
    found = len(status.details) > 1 and status.details[1].Unpack(retry)
    return status, info, retry if found else None


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_every_kind_has_a_status_of_its_own(kind: ErrorKind) -> None:
    """The table misses none, and clients can tell them apart."""
    failure = foreseen(failing(kind), request_id="r")
    status, info, retry = details_of(failure.details())

    assert len(set(STATUS.values())) == len(ErrorKind)
    assert (status.code, status.message) == (failure.code.value[0], "Wait.")
    assert (info.reason, info.domain) == ("test.failing", "fairlead")
    assert dict(info.metadata) == {"request_id": "r"}
    assert retry is None


def test_facts_are_told_as_text() -> None:
    error = failing(ErrorKind.CONFLICT, limit=5, names=["a", "b"], none=None, word="x")
    _, info, _ = details_of(foreseen(error, request_id="r").details())

    assert dict(info.metadata) == {
        "limit": "5",
        "names": '["a", "b"]',
        "none": "null",
        "word": "x",
        "request_id": "r",
    }


def test_when_to_try_again_is_told_as_a_duration() -> None:
    error = failing(ErrorKind.THROTTLED, retry_after=2.5)
    _, _, retry = details_of(foreseen(error, request_id="r").details())

    assert retry is not None
    assert retry.retry_delay.ToTimedelta().total_seconds() == 2.5


def test_details_stay_below_what_clients_take() -> None:
    """Trailers beyond 8 KiB would lose the status, too."""
    facts = {f"fact{number}": "ü" * 10_000 for number in range(100)}
    error = failing(ErrorKind.INVALID, "ü" * 10_000, **facts)
    failure = foreseen(error, request_id="r")

    sent = len(b64encode(failure.details())) + len(quote(failure.message))
    assert sent < 7 * 1024


def test_bugs_tell_nothing_but_where_to_look() -> None:
    failure = bug(UUID(int=3), request_id="r")
    _, info, _ = details_of(failure.details())

    assert failure.code is grpc.StatusCode.INTERNAL
    assert dict(info.metadata) == {"error_id": str(UUID(int=3)), "request_id": "r"}
