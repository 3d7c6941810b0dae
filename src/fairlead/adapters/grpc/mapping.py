"""Our frozen values and protobuf messages, mapped by field name: the one place.

| ours | theirs |
| --- | --- |
| `str`, `int`, `float`, `bool`, `bytes` | the scalar of that name |
| `UUID` | `string` |
| `datetime` (aware), `timedelta` | `google.protobuf.Timestamp`, `Duration` |
| an `Enum` | an enum, by name (`OPERATION_STATE_RUNNING`), or a `string`, by value |
| `Json` | `google.protobuf.Value`; whole numbers beyond 2**53 lose digits |
| `Mapping[str, Json]` | `google.protobuf.Struct` |
| `Mapping[str, X]`, `tuple[X, ...]` | `map<string, X>`, `repeated X` |
| `frozenset[X]`, `Set[X]` | `repeated X`, in order; one sent twice counts once |
| a dataclass, `Page[X]` too | a message with fields of the same names |
| `X or None` | a field with presence (`optional`, or a message) |

A field with presence that is absent has the dataclass's default; without a default it
is refused. That names and types fit is checked when a codec is made: at the start.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, dataclass
from typing import Any, NewType, TypeVar, Union

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from fairlead.adapters.grpc.values import (
    STRUCT,
    Codec,
    Convert,
    Refused,
    Unfit,
    known,
    single,
)
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.module import BadModule


class BadField(FairleadError):
    """A field of a request does not hold what it must."""

    kind = ErrorKind.INVALID
    code = "grpc.bad_field"


class BadMessage(FairleadError):
    """A request is no message of the method's type."""

    kind = ErrorKind.INVALID
    code = "grpc.bad_message"


class MessageCodec:
    """Turns values of one dataclass into the bytes of one message, and back."""

    def __init__(self, kind: Any, descriptor: Descriptor) -> None:
        """Fit the dataclass `kind` to the message `descriptor`.

        Raises:
            BadModule: their fields differ; the message says which.
        """
        self._type = GetMessageClass(descriptor)
        try:
            self._codec = _message(kind, descriptor)
        except Unfit as error:
            raise BadModule(f"{descriptor.full_name} does not fit: {error}.") from error

    def decode(self, data: bytes) -> Any:
        """Return the value in the bytes of a message.

        Raises:
            BadMessage: the bytes are no such message.
            BadField: a field does not hold what it must.
        """
        try:
            message = self._type.FromString(data)
        except DecodeError as error:
            name = self._type.DESCRIPTOR.full_name
            raise BadMessage(f"Send a message of type {name}.") from error
        try:
            return self._codec.read(message)
        except Refused as error:
            path = ".".join(error.path)
            raise BadField(f"{path} {error}.", field=path) from error

    def encode(self, value: Any) -> bytes:
        """Return the bytes of the message that says `value`."""
        message: Message = self._codec.write(value)
        return message.SerializeToString()


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of both sides."""

    name: str
    codec: Codec
    presence: bool
    absent: Callable[[], Any]

    def read(self, message: Message) -> Any:
        """Return the value, or what its absence means."""
        try:
            if self.presence and not message.HasField(self.name):
                return self.absent()
            return self.codec.read(getattr(message, self.name))
        except Refused as error:
            error.path.insert(0, self.name)
            raise


def _message(kind: Any, descriptor: Descriptor) -> Codec:
    """Return the codec of a dataclass and a message.

    Raises:
        Unfit: they have not the same fields.
    """
    origin = typing.get_origin(kind) or kind
    hints = _hints(kind)
    ours = {each.name: each for each in dataclasses.fields(origin)}
    theirs = {field.name: field for field in descriptor.fields}
    if ours.keys() != theirs.keys():
        raise Unfit(
            _difference(
                origin, ours.keys() - theirs.keys(), theirs.keys() - ours.keys()
            )
        )
    fields = [
        _field(hints[name], declared, theirs[name]) for name, declared in ours.items()
    ]
    writers = [(field.name, field.codec.write) for field in fields]
    message_type = GetMessageClass(descriptor)

    def read(message: Message) -> Any:
        return origin(**{field.name: field.read(message) for field in fields})

    def write(value: Any) -> Message:
        return message_type(
            **{
                name: convert(present)
                for name, convert in writers
                if (present := getattr(value, name)) is not None
            }
        )

    return Codec(read, write)


def _difference(kind: type[Any], lacking: set[str], unknown: set[str]) -> str:
    parts = []
    if lacking:
        parts.append(f"it lacks {', '.join(sorted(lacking))} of {kind.__name__}")
    if unknown:
        parts.append(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return " and ".join(parts)


def _hints(kind: Any) -> dict[str, Any]:
    """Return the fields' types, with the arguments of a generic class put in.

    Raises:
        Unfit: `kind` is no dataclass.
    """
    origin = typing.get_origin(kind) or kind
    if not (isinstance(origin, type) and dataclasses.is_dataclass(origin)):
        raise Unfit(f"{kind} is no dataclass")
    given = dict(
        zip(getattr(origin, "__parameters__", ()), typing.get_args(kind), strict=False)
    )
    return {
        name: _filled(hint, given)
        for name, hint in typing.get_type_hints(origin).items()
    }


def _filled(hint: Any, given: Mapping[Any, Any]) -> Any:
    if isinstance(hint, TypeVar):
        return given[hint]
    wanted = getattr(hint, "__parameters__", ())
    if not wanted or isinstance(hint, type):
        return hint
    return hint[tuple(given[parameter] for parameter in wanted)]


def _field(
    hint: Any, declared: "dataclasses.Field[Any]", field: FieldDescriptor
) -> _Field:
    """Return one field of both sides.

    Raises:
        Unfit: their types differ, or one may be absent and the other not.
    """
    kind, optional = _required(hint)
    if optional and not field.has_presence:
        raise Unfit(f"'{field.name}' must be optional")
    return _Field(
        name=field.name,
        codec=_codec(kind, field),
        presence=field.has_presence,
        absent=_absence(declared, optional=optional or kind is Any),
    )


def _required(hint: Any) -> tuple[Any, bool]:
    """Return the type without None, and whether None was in it."""
    if typing.get_origin(hint) not in {Union, types.UnionType}:
        return (hint.__supertype__ if isinstance(hint, NewType) else hint), False
    rest = [each for each in typing.get_args(hint) if each is not types.NoneType]
    if len(rest) != 1:
        raise Unfit(f"{hint} is no single type")
    return _required(rest[0])[0], True


def _absence(
    declared: "dataclasses.Field[Any]", *, optional: bool
) -> Callable[[], Any]:
    if declared.default_factory is not MISSING:
        return declared.default_factory
    default = declared.default
    if default is MISSING and not optional:
        return _missing
    return lambda: None if default is MISSING else default


def _missing() -> Any:
    raise Refused("is missing")


def _codec(kind: Any, field: FieldDescriptor) -> Codec:
    """Return how a present value of `kind` travels in `field`.

    Raises:
        Unfit: it cannot.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    entry = field.message_type
    keyed = entry is not None and entry.GetOptions().map_entry
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if arguments[1] is Any and not keyed:
            return known(field, *STRUCT)
        return _keyed(_codec(arguments[1], _value_of(field)))
    if origin is tuple:
        if not field.is_repeated or keyed or arguments[1:] != (...,):
            raise Unfit(f"'{field.name}' must be repeated")
        return _repeated(_one(arguments[0], field))
    if isinstance(origin, type) and issubclass(origin, AbstractSet):
        if not field.is_repeated or keyed:
            raise Unfit(f"'{field.name}' must be repeated")
        return _distinct(_one(arguments[0], field))
    if field.is_repeated:
        raise Unfit(f"'{field.name}' must not be repeated")
    return _one(kind, field)


def _one(kind: Any, field: FieldDescriptor) -> Codec:
    kind = _required(kind)[0]
    found = single(kind, field)
    if found is not None:
        return found
    if field.message_type is None:
        raise Unfit(f"'{field.name}' must be a message")
    return _message(kind, field.message_type)


def _value_of(field: FieldDescriptor) -> FieldDescriptor:
    entry = field.message_type
    if entry is None or not entry.GetOptions().map_entry:
        raise Unfit(f"'{field.name}' must be a map")
    value: FieldDescriptor = entry.fields_by_name["value"]
    return value


def _repeated(inner: Codec) -> Codec:
    return Codec(
        _each(inner.read), lambda values: [inner.write(each) for each in values]
    )


def _distinct(inner: Codec) -> Codec:
    read = _each(inner.read)
    return Codec(
        lambda values: frozenset(read(values)),
        lambda values: sorted(inner.write(each) for each in values),
    )


def _each(read: Convert) -> Convert:
    def read_all(values: Any) -> tuple[Any, ...]:
        found = []
        for place, value in enumerate(values):
            try:
                found.append(read(value))
            except Refused as error:
                error.path.insert(0, str(place))
                raise
        return tuple(found)

    return read_all


def _keyed(inner: Codec) -> Codec:
    def read(values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: inner.read(value) for key, value in values.items()}

    def write(values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: inner.write(value) for key, value in values.items()}

    return Codec(read, write)
