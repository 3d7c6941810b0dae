"""Messages between the server and the launcher."""

import pytest

from fairlead.adapters.processes.wire import Garbled, Message, pack, unpack


def test_messages_survive_any_cut() -> None:
    """Bytes that come in pieces give the same messages, in order."""
    messages: list[Message] = [{"id": 1}, {"text": "\udcff and é", "list": ["a"]}, {}]
    stream = b"".join(pack(message) for message in messages)
    for size in (1, 3, 7, len(stream)):
        buffer = bytearray()
        seen: list[Message] = []
        for start in range(0, len(stream), size):
            buffer += stream[start : start + size]
            seen += unpack(buffer)

        assert seen == messages
        assert not buffer


@pytest.mark.parametrize("data", [b"\xff" * 8, b"\0\0\0\x02[]", b"\0\0\0\x02{]"])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - json's own, or ours
        unpack(bytearray(data))

    assert isinstance(caught.value, ValueError)
    if data[4:6] == b"[]":
        assert isinstance(caught.value, Garbled)
