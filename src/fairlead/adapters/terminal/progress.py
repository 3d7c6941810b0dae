"""A run as it happens, on a terminal: a line per step, the output between them."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from fairlead.adapters.terminal.client import SentEvent
from fairlead.adapters.terminal.output import lasting, on_terminal

TAIL_LINES = 20
CHECKOUT = "checkout"  # the stream of what comes before the steps
NOT_ISOLATED = "steps were not isolated: they ran as processes of the server's user"
MARKS = {
    "succeeded": ("✓", "green"),
    "failed": ("✗", "red"),
    "cancelled": ("■", "yellow"),
    "skipped": ("-", None),
}


@dataclass(slots=True)
class Progress:
    """Prints the events of one run as they come.

    Output goes to stdout as it is, colours kept; what we say about it to stderr.

    Attributes:
        apart: Whether stdout is for data, so that the output goes to stderr too.
        live: Whether who reads stderr has seen the output on the same terminal.
    """

    apart: bool = False
    live: bool = field(default_factory=on_terminal)
    began: dict[str, float] = field(default_factory=dict)
    tails: dict[str, deque[str]] = field(default_factory=dict)
    failed: str = ""
    told: str = ""
    last_stream: str = ""
    at_line_start: bool = True

    def show(self, event: SentEvent) -> None:
        """Print one event."""
        if event.name == "output":
            self._output(event.data["stream"], event.data["text"])
        elif event.name == "gap":
            self._say(click.style("… output was skipped here", dim=True))
        elif event.name == "event":
            self._happened(event.data)

    def _output(self, stream: str, text: str) -> None:
        tail = self.tails.setdefault(stream, deque(maxlen=TAIL_LINES))
        tail.extend(text.splitlines())
        busy = [name for name in self.began if name == stream or len(self.began) > 1]
        if len(busy) > 1 and stream != self.last_stream:
            self._say(click.style(f"── {stream}", dim=True))
        self.last_stream = stream
        click.echo(text, nl=False, color=True, err=self.apart)  # as it was printed
        self.at_line_start = text.endswith("\n")

    def _happened(self, data: dict[str, Any]) -> None:
        name = f"{data.get('stage', '')}/{data.get('step', '')}"
        if data.get("event") == "step.started":
            self.began[name] = data["at"]
            attempt = int(data.get("attempt") or 1)
            again = f" (attempt {attempt})" if attempt > 1 else ""
            self._say(click.style(f"▸ {name}{again}", bold=True))
        elif data.get("event") == "step.ended":
            self._ended(name, data)

    def _ended(self, name: str, data: dict[str, Any]) -> None:
        began = self.began.pop(name, None)
        took = lasting(data["at"] - began) if began is not None else ""
        mark, tone = MARKS.get(str(data.get("state")), ("·", None))
        code = data.get("exit_code")
        more = f"exit code {code}" if code else str(data.get("reason") or "")
        if more and data.get("state") == "succeeded":
            more = f"before: {more[0].lower()}{more[1:]}"
        line = "  ".join(part for part in (f"{mark} {name}", took, more) if part)
        self._say(click.style(line, fg=tone))
        if data.get("state") == "failed" and not self.failed:
            self.failed, self.told = name, more

    def _say(self, text: str) -> None:
        if not self.at_line_start:
            click.echo(err=self.apart)
            self.at_line_start = True
        click.echo(text, err=True)

    def finish(self, run: dict[str, Any], *, answers: bool = True) -> None:
        """Print how the run ended: why it failed, or, if it `answers`, where."""
        mark, tone = MARKS.get(run["state"], ("·", None))
        took = lasting(run.get("duration_seconds"))
        title = f"{mark} {run['project']} run {run['number']} {run['state']}"
        self._say(
            click.style("  ".join(filter(None, (title, took))), fg=tone, bold=True)
        )
        if run["state"] == "failed":
            self._tail()
            self._why(str(run.get("reason") or ""))
        if bare(run):
            self._say(click.style(NOT_ISOLATED, dim=True))
        for url in (run.get("urls") or ()) if answers else ():
            self._say(f"it answers at {url}")

    def _tail(self) -> None:
        """Print the end of the failed step's output, unless it is in sight."""
        stream = self.failed or (CHECKOUT if set(self.tails) == {CHECKOUT} else "")
        tail = self.tails.get(stream)
        if tail and not (self.live and self.last_stream == stream):
            self._say(click.style(f"last output of {stream}:", dim=True))
            for line in tail:
                self._say(f"  {line}")

    def _why(self, reason: str) -> None:
        """Print why the run failed, unless the failed step's line said so."""
        if reason and not (self.told and self.told.removeprefix("It ") in reason):
            self._say(reason)


def bare(run: Mapping[str, Any]) -> bool:
    """Tell whether a step of a run was a bare process of the server's user."""
    return any(
        step.get("isolation") == "none"
        for stage in run.get("stages") or ()
        for job in stage["jobs"]
        for step in job["steps"]
    )
