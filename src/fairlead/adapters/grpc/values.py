"""How single values travel: identifiers, times, enumerations, JSON.

Only `adapters.grpc.mapping` uses this; it joins values to whole messages.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import ListValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

Convert = Callable[[Any], Any]


class Refused(ValueError):
    """What a client sent is not what its field takes.

    Attributes:
        path: The field's place, from the outside in.
    """

    def __init__(self, reason: str) -> None:
        """Say why; the place is added on the way out."""
        super().__init__(reason)
        self.path: list[str] = []


class Unfit(ValueError):
    """A field's type and the type it is mapped to do not fit."""


@dataclass(frozen=True, slots=True)
class Codec:
    """Both directions; `read` raises `Refused`."""

    read: Convert
    write: Convert


def same(value: Any) -> Any:
    """Return it as it is."""
    return value


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused(f"'{text[:40]}' is no UUID" if text else "is missing") from error


def _time(message: Timestamp) -> datetime:
    try:
        return message.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Refused("is no time from year 1 to 9999") from error


def _timestamp(time: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(time)
    return message


def _span(message: Duration) -> timedelta:
    try:
        return message.ToTimedelta()
    except (ValueError, OverflowError) as error:
        raise Refused("is no duration") from error


def _duration(span: timedelta) -> Duration:
    message = Duration()
    message.FromTimedelta(span)
    return message


def _from_json(data: Any) -> Value:
    if data is None:
        return Value(null_value=0)  # type: ignore[arg-type]  # its only member
    if isinstance(data, bool):
        return Value(bool_value=data)
    if isinstance(data, int | float):
        return Value(number_value=data)
    if isinstance(data, str):
        return Value(string_value=data)
    if isinstance(data, Mapping):
        return Value(struct_value=_struct(data))
    return Value(list_value=ListValue(values=[_from_json(entry) for entry in data]))


def _to_json(message: Value) -> Any:
    kind = message.WhichOneof("kind")
    if kind == "struct_value":
        return _mapping(message.struct_value)
    if kind == "list_value":
        return [_to_json(entry) for entry in message.list_value.values]
    if kind == "number_value":
        number = message.number_value
        return int(number) if number.is_integer() else number
    return None if kind in {None, "null_value"} else getattr(message, kind)


def _struct(data: Mapping[str, Any]) -> Struct:
    return Struct(fields={key: _from_json(value) for key, value in data.items()})


def _mapping(message: Struct) -> dict[str, Any]:
    return {key: _to_json(value) for key, value in message.fields.items()}


_WHOLE = frozenset(
    {
        FieldDescriptor.TYPE_INT32,
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT32,
        FieldDescriptor.TYPE_UINT64,
    }
)
_TEXT = frozenset({FieldDescriptor.TYPE_STRING})
_REAL = frozenset({FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT})
_SCALARS: dict[Any, tuple[frozenset[int], Codec]] = {
    str: (_TEXT, Codec(same, same)),
    UUID: (_TEXT, Codec(_uuid, str)),
    int: (_WHOLE, Codec(same, same)),
    float: (_REAL, Codec(same, same)),
    bool: (frozenset({FieldDescriptor.TYPE_BOOL}), Codec(same, same)),
    bytes: (frozenset({FieldDescriptor.TYPE_BYTES}), Codec(same, same)),
}
_WELL_KNOWN: dict[Any, tuple[str, Codec]] = {
    datetime: ("google.protobuf.Timestamp", Codec(_time, _timestamp)),
    timedelta: ("google.protobuf.Duration", Codec(_span, _duration)),
    Any: ("google.protobuf.Value", Codec(_to_json, _from_json)),
}
STRUCT = ("google.protobuf.Struct", Codec(_mapping, _struct))


def single(kind: Any, field: FieldDescriptor) -> Codec | None:
    """Return how one value of `kind` travels in `field`; None: it is no single value.

    Raises:
        Unfit: the field has another type.
    """
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enumeration(kind, field)
    if kind in _SCALARS:
        types, codec = _SCALARS[kind]
        if field.type not in types:
            raise Unfit(f"'{field.name}' must hold a {kind.__name__}")
        return codec
    if kind in _WELL_KNOWN:
        return known(field, *_WELL_KNOWN[kind])
    return None


def known(field: FieldDescriptor, name: str, codec: Codec) -> Codec:
    """Return `codec` if the field is a message of the well-known type `name`.

    Raises:
        Unfit: it is not.
    """
    message = field.message_type
    if message is None or message.full_name != name:
        raise Unfit(f"'{field.name}' must be a {name}")
    return codec


def _enumeration(kind: type[Enum], field: FieldDescriptor) -> Codec:
    if field.type in _TEXT:
        return Codec(_by(kind, {member.value: member for member in kind}), _value)
    if field.enum_type is None:
        raise Unfit(f"'{field.name}' must be an enum or a string")
    numbers = _numbers(kind, field.enum_type)
    members = {number: member for member, number in numbers.items()}
    return Codec(_by(kind, members), numbers.__getitem__)


def _value(member: Enum) -> Any:
    return member.value


def _by(kind: type[Enum], members: Mapping[Any, Enum]) -> Convert:
    names = ", ".join(member.name for member in kind)

    def read(sent: Any) -> Enum:
        found = members.get(sent)
        if found is None:
            raise Refused(f"must be one of {names}")
        return found

    return read


def _numbers(kind: type[Enum], declared: EnumDescriptor) -> dict[Enum, int]:
    """Fit members by name: `RUNNING` to `OPERATION_STATE_RUNNING`."""
    prefix = f"{_CAMEL.sub('_', declared.name).upper()}_"
    numbers = {value.name: value.number for value in declared.values}
    want = {f"{prefix}{member.name}": member for member in kind}
    if numbers.pop(f"{prefix}UNSPECIFIED", None) != 0 or set(numbers) != set(want):
        raise Unfit(
            f"{declared.full_name} must have {prefix}UNSPECIFIED = 0 and "
            f"{', '.join(want)}"
        )
    return {member: numbers[name] for name, member in want.items()}


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
