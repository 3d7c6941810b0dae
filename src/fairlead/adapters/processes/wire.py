"""How the server and the launcher talk: JSON objects, each behind its length."""

import json
import struct
from typing import Any

PROTOCOL = 3  # changes with the meaning of a message
SOCKET = "launcher.sock"
_LENGTH = struct.Struct(">I")
_MAX = 16 * 1024 * 1024

Message = dict[str, Any]


class Garbled(ValueError):
    """What came is no message."""


def pack(message: Message) -> bytes:
    """Return one message as bytes."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return _LENGTH.pack(len(body)) + body


def unpack(buffer: bytearray) -> list[Message]:
    """Take the whole messages off the front of `buffer`.

    Raises:
        Garbled: the bytes are no messages.
    """
    messages: list[Message] = []
    position = 0
    while len(buffer) - position >= _LENGTH.size:
        (size,) = _LENGTH.unpack_from(buffer, position)
        if size > _MAX:
            raise Garbled("too long")
        end = position + _LENGTH.size + size
        if end > len(buffer):
            break
        message = json.loads(buffer[position + _LENGTH.size : end])
        if not isinstance(message, dict):
            raise Garbled("not an object")
        messages.append(message)
        position = end
    del buffer[:position]
    return messages
