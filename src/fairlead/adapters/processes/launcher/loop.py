"""A loop over files, timers and signals, in one thread."""

import heapq
import itertools
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable

Action = Callable[[], None]


class Timer:
    """Something to do later, unless it is cancelled before."""

    def __init__(self, action: Action) -> None:
        """Keep the `action`."""
        self._action: Action | None = action

    def cancel(self) -> None:
        """Do nothing when the time comes."""
        self._action = None

    def fire(self) -> None:
        """Do it, once."""
        action, self._action = self._action, None
        if action is not None:
            action()


class Loop:
    """Calls back when a file is ready, a time has come or a signal arrived.

    What a callback raises is written to stderr and ends nothing else.
    """

    def __init__(self) -> None:
        """Begin with nothing to wait for."""
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._signals: dict[int, Action] = {}
        self._stopped = False
        self._wake, waker = socket.socketpair()
        self._waker = waker
        self._wake.setblocking(False)
        waker.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        self.watch(self._wake.fileno(), self._on_signal)

    def watch(
        self, fd: int, action: Action, *, events: int = selectors.EVENT_READ
    ) -> None:
        """Call `action` whenever `fd` is ready for `events`, and nothing else.

        Readiness seen before this call counts for nothing: `fd` may have been another
        file then.
        """
        if fd in self._selector.get_map():
            self._selector.modify(fd, events, action)
        else:
            self._selector.register(fd, events, action)

    def unwatch(self, fd: int) -> None:
        """Wait for `fd` no longer; fine if nobody did."""
        if fd in self._selector.get_map():
            self._selector.unregister(fd)

    def later(self, seconds: float, action: Action) -> Timer:
        """Call `action` once, in `seconds`."""
        timer = Timer(action)
        at = time.monotonic() + seconds
        heapq.heappush(self._timers, (at, next(self._numbers), timer))
        return timer

    def on_signal(self, number: signal.Signals, action: Action) -> None:
        """Call `action` in the loop after the signal; several may count as one."""
        self._signals[number] = action
        signal.signal(number, lambda *_: None)

    def stop(self) -> None:
        """Return from `run` after the present round."""
        self._stopped = True

    def close(self) -> None:
        """Let go of what the loop itself holds."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._wake.close()
        self._waker.close()

    def run(self) -> None:
        """Serve until stopped."""
        while not self._stopped:
            for key, _ in self._selector.select(self._patience()):
                if self._selector.get_map().get(key.fd) is key:  # else: is old news
                    _guarded(key.data)
            now = time.monotonic()
            while self._timers and self._timers[0][0] <= now:
                _guarded(heapq.heappop(self._timers)[2].fire)

    def _patience(self) -> float | None:
        if not self._timers:
            return None
        return max(0.0, self._timers[0][0] - time.monotonic())

    def _on_signal(self) -> None:
        try:
            numbers = self._wake.recv(4096)
        except BlockingIOError:
            return
        for number in set(numbers):
            if number in self._signals:
                self._signals[number]()


def _guarded(action: Action) -> None:
    try:
        action()
    except Exception:  # noqa: BLE001 - the edge: one program's trouble is not another's
        sys.excepthook(*sys.exc_info())
