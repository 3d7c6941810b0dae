"""What passes through Temporal: JSON as the embedded engine has it, readable there."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    EncodingPayloadConverter,
)
from typing_extensions import override

from fairlead.kernel.engine import Json

_JSON: Final = "json/plain"
_NULL: Final = "binary/null"


class _JsonConverter(EncodingPayloadConverter):
    """JSON by msgspec; members keep their order."""

    @property
    @override
    def encoding(self) -> str:
        return _JSON

    @override
    def to_payload(self, value: Any) -> Payload | None:
        return Payload(
            metadata={"encoding": _JSON.encode()}, data=msgspec.json.encode(value)
        )

    @override
    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        return msgspec.json.decode(payload.data)


class _NullConverter(_JsonConverter):
    """Reads what other clients (Temporal's own tools) write for nothing."""

    @property
    @override
    def encoding(self) -> str:
        return _NULL

    @override
    def to_payload(self, value: Any) -> Payload | None:
        return None

    @override
    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        return None


class JsonPayloads(CompositePayloadConverter):
    """Converts every payload as JSON."""

    def __init__(self) -> None:
        """Write JSON, read JSON and nothing."""
        super().__init__(_JsonConverter(), _NullConverter())


CONVERTER: Final = DataConverter(payload_converter_class=JsonPayloads)


def first(arguments: Sequence[RawValue]) -> Json:
    """Return what the first argument says; None when there is none."""
    return nth(arguments, 0)


def nth(arguments: Sequence[RawValue], place: int) -> Json:
    """Return what the argument at `place` says; None when there is none."""
    if place >= len(arguments):
        return None
    found: Json = CONVERTER.payload_converter.from_payload(arguments[place].payload)
    return found


def mapping(value: Json) -> Mapping[str, Json]:
    """Return `value` if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}
