"""Failures on the command line: one line on stderr and an exit code (STYLE C7)."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import click
from typing_extensions import override

NOTHING: Mapping[str, Any] = MappingProxyType({})
RAN_AND_FAILED = 1
INTERNAL = 70
BY_STATUS = {
    400: 2,
    401: 4,
    403: 4,
    404: 3,
    405: 2,
    409: 5,
    412: 5,
    413: 2,
    422: 2,
    429: 6,
    503: 6,
}


class Refused(click.ClickException):
    """The server refused, could not be reached, or the input is wrong.

    Attributes:
        status: The HTTP status; 0 when there was none.
        code: The problem's stable code, e.g. `projects.not_found`.
        problem: All that the server said.
    """

    def __init__(
        self,
        message: str,
        *,
        exit_code: int,
        status: int = 0,
        code: str = "",
        hint: str = "",
        problem: Mapping[str, Any] = NOTHING,
    ) -> None:
        """Keep what programs and people need."""
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]
        self.status = status
        self.code = code
        self.hint = hint
        self.problem = problem

    @override
    def show(self, file: Any = None) -> None:
        """Print the sentence and, where there is one, what to do next."""
        click.echo(f"fairlead: {self.message}", err=True)
        if self.hint:
            click.echo(f"  {self.hint}", err=True)


CODES = frozenset({"identity.second_factor_needed", "identity.wrong_code"})


def refused(status: int, problem: dict[str, Any]) -> Refused:
    """Return the failure an answer with problem details stands for."""
    title = str(problem.get("title") or f"The server answered {status}.")
    lines = [title]
    lines += [
        f"  {entry.get('key', '')}: {entry.get('message', '')}".rstrip()
        for entry in problem.get("errors") or ()
    ]
    code = str(problem.get("code", ""))
    return Refused(
        "\n".join(lines),
        exit_code=BY_STATUS.get(status, INTERNAL),
        status=status,
        code=code,
        hint=_hint(status, code, problem),
        problem=problem,
    )


def _hint(status: int, code: str, problem: dict[str, Any]) -> str:
    if status == 401:  # noqa: PLR2004
        return _way_in(code)
    if "retry_after" in problem:
        return f"try again in {problem['retry_after']} s"
    if status >= 500 or not code:  # noqa: PLR2004
        return f"request {problem.get('request_id', 'unknown')}"
    return ""


def _way_in(code: str) -> str:
    if code == "identity.wrong_credentials":
        return ""
    if code in CODES:
        return "log in with: fairlead login --code CODE"
    if os.environ.get("FAIRLEAD_TOKEN"):
        return "it is what FAIRLEAD_TOKEN holds: put another there, or unset it"
    return "log in with: fairlead login"
