"""How a frame lies in a journal file; small, for programs that must stay small.

A frame is a header (`HEADER`), the stream's name, then the payload.
"""

import struct
from typing import Final

MAGIC: Final = 0xF1
HEADER: Final = struct.Struct(
    ">BBHIQ"
)  # magic, kind, name, payload bytes, microseconds
MAX_PAYLOAD: Final = 256 * 1024
OUTPUT, EVENT, END = 1, 2, 3  # the kinds that are stored


def encode(kind: int, stream: str, data: bytes, *, at: float) -> bytes:
    """Return one frame as bytes.

    Raises:
        ValueError: `data` is longer than `MAX_PAYLOAD`.
    """
    if len(data) > MAX_PAYLOAD:
        raise ValueError("frame too long")
    name = stream.encode()
    header = HEADER.pack(MAGIC, kind, len(name), len(data), int(at * 1_000_000))
    return header + name + data


def measure(buffer: bytes, position: int = 0) -> tuple[int, int]:
    """Return the kind and the whole length in bytes of the frame at `position`.

    Raises:
        ValueError: no header of a stored frame is there.
    """
    if len(buffer) - position < HEADER.size:
        raise ValueError("no whole header")
    magic, kind, name_size, data_size, _ = HEADER.unpack_from(buffer, position)
    if magic != MAGIC or not OUTPUT <= kind <= END or data_size > MAX_PAYLOAD:
        raise ValueError("no frame")
    return kind, HEADER.size + name_size + data_size
