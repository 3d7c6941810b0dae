"""What the launcher's loop calls, and what no more."""

import socket

from fairlead.adapters.processes.launcher.loop import Loop
from fairlead.testing.processes import SECONDS


def test_readiness_seen_before_a_file_was_let_go_counts_for_nothing() -> None:
    """Nor for the file that has the number of the closed one by then."""
    loop = Loop()
    calls: list[str] = []
    pairs = [socket.socketpair() for _ in range(2)]
    kept: list[socket.socket] = []

    def act(this: int) -> None:
        calls.append(f"first {this}")
        mine, other = pairs[this][0].fileno(), pairs[1 - this][0]
        number = other.fileno()
        loop.unwatch(mine)
        loop.unwatch(number)
        other.close()
        kept.extend(socket.socketpair())  # takes the number of what was closed
        assert kept[0].fileno() == number
        loop.watch(number, lambda: calls.append("reused"))
        loop.later(0.05, loop.stop)

    for index, (mine, peer) in enumerate(pairs):
        peer.send(b"x")
        loop.watch(mine.fileno(), lambda index=index: act(index))  # type: ignore[misc]
    loop.later(SECONDS, loop.stop)
    loop.run()
    loop.close()
    for one in (*kept, *(end for pair in pairs for end in pair)):
        one.close()

    assert len(calls) == 1
