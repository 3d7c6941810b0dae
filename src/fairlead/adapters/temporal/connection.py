"""The connection to Temporal, and what its errors mean."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RPCError, RPCStatusCode

from fairlead.adapters.temporal.payloads import CONVERTER
from fairlead.kernel.engine import JournalUnavailable

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 0.5
LEAST_SECONDS: Final = 2.0
TRANSIENT: Final = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.UNKNOWN,
        RPCStatusCode.INTERNAL,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where Temporal is, and which part of it is ours.

    Attributes:
        address: `host:port` of its frontend.
        task_queue: The name of this installation there; our workflow ids begin with it.
        patience_seconds: How long to wait for a server that has yet to come up.
    """

    address: str
    namespace: str
    task_queue: str
    patience_seconds: float = 20.0

    @property
    def prefix(self) -> str:
        """Return what our workflow ids begin with in Temporal."""
        return f"{self.task_queue}/"


async def connect(place: Place) -> Client:
    """Return a client, waiting a while for a server that has yet to come up.

    Raises:
        JournalUnavailable: it does not answer, or the namespace is not there.
    """
    deadline = time.monotonic() + place.patience_seconds
    while True:
        left = max(deadline - time.monotonic(), LEAST_SECONDS)
        try:
            return await asyncio.wait_for(_connect(place), left)
        except (RuntimeError, RPCError, TimeoutError) as error:
            if time.monotonic() > deadline:
                raise JournalUnavailable(
                    f"Temporal at {place.address} (namespace {place.namespace}) does "
                    f"not answer: {_text(error)}.",
                    address=place.address,
                ) from error
        await asyncio.sleep(RETRY_SECONDS)


async def _connect(place: Place) -> Client:
    client = await Client.connect(
        place.address,
        namespace=place.namespace,
        data_converter=CONVERTER,
        runtime=_runtime(),
        identity=f"fairlead-{os.getpid()}@{socket.gethostname()}",
    )
    await client.count_workflows(
        "ExecutionStatus = 'Running'"
    )  # the namespace is there
    return client


@contextmanager
def translated() -> Iterator[None]:
    """Tell callers in the port's words that Temporal cannot be reached."""
    try:
        yield
    except RPCError as error:
        if error.status in TRANSIENT:
            message = f"Temporal does not answer: {_text(error)}."
            raise JournalUnavailable(message) from error
        raise


@cache
def _runtime() -> Runtime:
    """Return the client library's threads, whose log lines join ours."""
    lines = LogForwardingConfig(logger=logging.getLogger("temporalio"))
    levels = TelemetryFilter(core_level="ERROR", other_level="ERROR")
    logging_config = LoggingConfig(filter=levels, forwarding=lines)
    return Runtime(telemetry=TelemetryConfig(logging=logging_config))


def _text(error: Exception) -> str:
    return str(error).strip().rstrip(".")[:300] or "no answer in time"
