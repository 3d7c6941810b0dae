"""A run as it happens, on a terminal: a line per step, the output between them."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import click

from fairlead.adapters.terminal.client import SentEvent
from fairlead.adapters.terminal.output import lasting

TAIL_LINES = 20
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
    """

    began: dict[str, float] = field(default_factory=dict)
    tails: dict[str, deque[str]] = field(default_factory=dict)
    failed: str = ""
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
        click.echo(text, nl=False, color=True)  # as the step printed it
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
        line = "  ".join(part for part in (f"{mark} {name}", took, more) if part)
        self._say(click.style(line, fg=tone))
        if data.get("state") == "failed":
            self.failed = self.failed or name

    def _say(self, text: str) -> None:
        if not self.at_line_start:
            click.echo()
            self.at_line_start = True
        click.echo(text, err=True)

    def finish(self, run: dict[str, Any]) -> None:
        """Print how the run ended: where it answers, or why it failed."""
        mark, tone = MARKS.get(run["state"], ("·", None))
        took = lasting(run.get("duration_seconds"))
        title = f"{mark} {run['project']} run {run['number']} {run['state']}"
        self._say(
            click.style("  ".join(filter(None, (title, took))), fg=tone, bold=True)
        )
        if run["state"] == "failed":
            self._why(run)
        for url in run.get("urls") or ():
            self._say(f"it answers at {url}")

    def _why(self, run: dict[str, Any]) -> None:
        tail = self.tails.get(self.failed)
        if tail:
            self._say(click.style(f"last output of {self.failed}:", dim=True))
            for line in tail:
                self._say(f"  {line}")
        if run.get("reason"):
            self._say(str(run["reason"]))
