"""Frozen values and messages: round trips, absence, and what does not fit."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Generic, NewType, TypeVar
from uuid import UUID

import pytest
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.adapters.grpc.mapping import BadField, BadMessage, MessageCodec
from fairlead.kernel.engine import Json
from fairlead.kernel.module import BadModule
from fairlead.kernel.paging import BadPage, Page, PageRequest
from fairlead.testing.protos import declare

T = TypeVar("T")
OwnerId = NewType("OwnerId", UUID)
ID = UUID(int=7)
NOON = datetime(2026, 2, 3, 12, 30, 15, 123456, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"
    DARK_BLUE = "dark blue"


class Size(IntEnum):
    SMALL = 1
    LARGE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    spokes: int
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    kind: ClassVar[str] = "cart"
    id: UUID
    owner: OwnerId | None = None
    name: str
    colour: Colour
    paint: Colour | None = None
    word: Colour
    size: Size
    load: float
    wide: int
    sold: bool
    photo: bytes
    made_at: datetime
    sold_at: datetime | None = None
    trip: timedelta
    front: Wheel
    spare: Wheel | None = None
    wheels: tuple[Wheel, ...] = ()
    tags: tuple[str, ...] = ()
    stops: tuple[UUID, ...] = ()
    extra: Json = None
    facts: Mapping[str, Json] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, Wheel] = field(default_factory=dict)


FILE = declare(
    "fairlead.test.mapping",
    """
enum Colour { COLOUR_UNSPECIFIED = 0; COLOUR_DARK_BLUE = 1; COLOUR_RED = 2; }
enum Size { SIZE_UNSPECIFIED = 0; SIZE_LARGE = 1; SIZE_SMALL = 2; }
message Wheel { int32 spokes = 1; optional string note = 2; }
message Cart {
  string id = 1; optional string owner = 2; string name = 3;
  Colour colour = 4; optional Colour paint = 5; string word = 6; Size size = 7;
  double load = 8; int64 wide = 9; bool sold = 10; bytes photo = 11;
  google.protobuf.Timestamp made_at = 12; google.protobuf.Timestamp sold_at = 13;
  google.protobuf.Duration trip = 14;
  Wheel front = 15; Wheel spare = 16; repeated Wheel wheels = 17;
  repeated string tags = 18; repeated string stops = 19;
  google.protobuf.Value extra = 20; google.protobuf.Struct facts = 21;
  map<string, int32> counts = 22; map<string, Wheel> parts = 23;
}
message Wheels { repeated Wheel items = 1; optional string next = 2; }
message Paging { optional int32 limit = 1; optional string after = 2; }
message Wrapped { google.protobuf.Value value = 1; }
message Board { optional string paint = 1; }
message Box { Board lid = 1; repeated Board sides = 2; }
message Lone { string id = 1; }
message Heap { repeated string ids = 1; repeated Colour paints = 2; }
message Timed { google.protobuf.Timestamp at = 1; }
""",
)
MESSAGES = FILE.message_types_by_name
CART = MessageCodec(Cart, MESSAGES["Cart"])


@dataclass(frozen=True, slots=True)
class Wrapped:
    value: Json


@dataclass(frozen=True, slots=True)
class Board:
    paint: Colour | None = None


@dataclass(frozen=True, slots=True)
class Box:
    lid: Board
    sides: tuple[Board, ...] = ()


@dataclass(frozen=True, slots=True)
class Lone:
    id: UUID


@dataclass(frozen=True, slots=True)
class Heap:
    ids: frozenset[UUID]
    paints: AbstractSet[Colour] = frozenset()


@dataclass(frozen=True, slots=True)
class Timed:
    at: datetime


def cart(**changes: Any) -> Cart:
    values: dict[str, Any] = {
        "id": ID,
        "name": "räder",
        "colour": Colour.DARK_BLUE,
        "word": Colour.DARK_BLUE,
        "size": Size.LARGE,
        "load": 1.5,
        "wide": 2**53 + 1,
        "sold": True,
        "photo": b"\x00\xff",
        "made_at": NOON,
        "trip": timedelta(days=2, microseconds=5),
        "front": Wheel(spokes=3),
    }
    return Cart(**{**values, **changes})


def message(name: str, **fields: Any) -> bytes:
    data: bytes = GetMessageClass(MESSAGES[name])(**fields).SerializeToString()
    return data


def test_a_value_with_everything_comes_back_the_same() -> None:
    """Every kind of field, all of them present."""
    whole = cart(
        owner=OwnerId(UUID(int=9)),
        paint=Colour.RED,
        sold_at=NOON + timedelta(seconds=1),
        spare=Wheel(spokes=0, note=""),
        wheels=(Wheel(spokes=1), Wheel(spokes=2, note="x")),
        tags=("a", "b"),
        stops=(UUID(int=1), UUID(int=2)),
        extra={"a": [1, 2.5, None, True, "x", {}], "b": {}},
        facts={"n": 1, "deep": {"list": [[]]}},
        counts={"one": 1},
        parts={"left": Wheel(spokes=8)},
    )

    assert CART.decode(CART.encode(whole)) == whole


def test_what_is_absent_stays_absent() -> None:
    """None, empty tuples and empty mappings are not sent."""
    bare = cart()
    sent: Any = GetMessageClass(MESSAGES["Cart"]).FromString(CART.encode(bare))

    assert CART.decode(CART.encode(bare)) == bare
    for name in ("owner", "paint", "sold_at", "spare", "extra"):
        assert not sent.HasField(name)
    assert sent.colour == 1
    assert sent.word == "dark blue"


def test_sets_are_written_in_order_and_read_without_repetition() -> None:
    codec = MessageCodec(Heap, MESSAGES["Heap"])
    ids = frozenset(UUID(int=number) for number in range(1, 9))
    heap = Heap(ids=ids, paints={Colour.RED, Colour.DARK_BLUE})
    sent: Any = GetMessageClass(MESSAGES["Heap"]).FromString(codec.encode(heap))

    assert codec.decode(codec.encode(heap)) == heap
    assert list(sent.ids) == sorted(map(str, ids))
    assert list(sent.paints) == [1, 2]
    again = message("Heap", ids=[str(ID), str(ID)])
    assert codec.decode(again) == Heap(ids=frozenset({ID}))


def test_pages_of_anything_are_mapped() -> None:
    """A generic value takes its arguments from where it is used."""
    codec = MessageCodec(Page[Wheel], MESSAGES["Wheels"])
    page = Page(items=(Wheel(spokes=1), Wheel(spokes=2)), next="cursor")
    last: Page[Wheel] = Page(items=())

    assert codec.decode(codec.encode(page)) == page
    assert codec.decode(codec.encode(last)) == last


def test_absent_fields_take_the_defaults_of_the_value() -> None:
    """And rules of the value hold for what was sent."""
    codec = MessageCodec(PageRequest, MESSAGES["Paging"])

    assert codec.decode(b"") == PageRequest(limit=50, after=None)
    with pytest.raises(BadPage):
        codec.decode(message("Paging", limit=0))


@settings(deadline=None, max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(-(2**53), 2**53),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
        ),
        max_leaves=20,
    )
)
def test_any_json_comes_back_the_same(value: Json) -> None:
    codec = MessageCodec(Wrapped, MESSAGES["Wrapped"])

    assert codec.decode(codec.encode(Wrapped(value))) == Wrapped(value)


@settings(deadline=None, max_examples=50)
@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_any_time_comes_back_the_same(at: datetime) -> None:
    codec = MessageCodec(Timed, MESSAGES["Timed"])

    assert codec.decode(codec.encode(Timed(at))) == Timed(at)


@pytest.mark.parametrize(
    ("kind", "data", "field_", "words"),
    [
        (Lone, message("Lone", id="odd"), "id", "'odd' is no UUID"),
        (Lone, b"", "id", "is missing"),
        (Box, b"", "lid", "is missing"),
        (Timed, message("Timed", at={"seconds": 2**40}), "at", "is no time"),
        (
            Cart,
            message("Cart", id=str(ID), colour=0),
            "colour",
            "one of RED, DARK_BLUE",
        ),
        (Cart, message("Cart", id=str(ID), colour=9), "colour", "must be one of"),
    ],
)
def test_fields_that_do_not_hold_what_they_must_are_named(
    kind: Any, data: bytes, field_: str, words: str
) -> None:
    codec = MessageCodec(kind, MESSAGES[kind.__name__])

    with pytest.raises(BadField, match=words) as refused:
        codec.decode(data)

    assert refused.value.details == {"field": field_}


def test_the_path_leads_to_the_inner_field() -> None:
    """Through messages and into lists, by place."""
    codec = MessageCodec(Box, MESSAGES["Box"])

    with pytest.raises(BadField) as refused:
        codec.decode(message("Box", lid={}, sides=[{}, {"paint": "grey"}]))

    assert refused.value.details == {"field": "sides.1.paint"}


def test_bytes_of_no_such_message_are_refused() -> None:
    with pytest.raises(BadMessage, match=r"fairlead\.test\.mapping\.Cart"):
        CART.decode(b"\xff\xff\xff")


@dataclass(frozen=True, slots=True)
class Odd(Generic[T]):
    """One field of a type to be tried."""

    it: T


@pytest.mark.parametrize(
    ("kind", "declared", "words"),
    [
        (str, "string other = 1;", "lacks it of Odd and Odd has no other"),
        (str, "string it = 1; string more = 2;", "Odd has no more"),
        (str, "", "lacks it"),
        (str, "int32 it = 1;", "must hold a str"),
        (int, "string it = 1;", "must hold a int"),
        (bytes, "string it = 1;", "must hold a bytes"),
        (str | None, "string it = 1;", "must be optional"),
        (int | str, "string it = 1;", "no single type"),
        (datetime, "string it = 1;", r"must be a google\.protobuf\.Timestamp"),
        (Json, "google.protobuf.Struct it = 1;", r"must be a google\.protobuf\.Value"),
        (Wheel, "string it = 1;", "must be a message"),
        (Wheel, "Other it = 1;", "lacks note, spokes of Wheel"),
        (str, "repeated string it = 1;", "must not be repeated"),
        (tuple[str, ...], "string it = 1;", "must be repeated"),
        (tuple[str, str], "repeated string it = 1;", "must be repeated"),
        (tuple[str, ...], "map<string, string> it = 1;", "must be repeated"),
        (Mapping[str, int], "string it = 1;", "must be a map"),
        (Mapping[str, int], "map<string, string> it = 1;", "must hold a int"),
        (Colour, "int32 it = 1;", "must be an enum"),
        (Colour, "Few it = 1;", "must have FEW_UNSPECIFIED = 0 and FEW_RED"),
        (set, "Other it = 1;", "is no dataclass"),
    ],
)
def test_what_does_not_fit_is_refused_at_the_start(
    kind: Any, declared: str, words: str
) -> None:
    """The message says which fields differ, before anything is served."""
    number = sum(map(ord, f"{kind}{declared}"))
    file = declare(
        f"fairlead.test.odd{number}",
        f"enum Few {{ FEW_UNSPECIFIED = 0; FEW_RED = 1; }}"
        f"message Other {{ string x = 1; }} message Odd {{ {declared} }}",
    )

    with pytest.raises(BadModule, match=words) as refused:
        MessageCodec(Odd[kind], file.message_types_by_name["Odd"])

    assert "Odd does not fit" in refused.value.message
