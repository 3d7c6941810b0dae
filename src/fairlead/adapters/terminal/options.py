"""Options every command shares."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.output import FORMATS, Column, show_list

FORM = "form"
CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def _form(context: click.Context, _: click.Parameter, given: str | None) -> str:
    """Take `--output` of the command, else that given before it."""
    return given or context.find_root().params.get(FORM) or FORMATS[0]


output = click.option(
    "--output",
    "-o",
    FORM,
    type=click.Choice(FORMATS),
    callback=_form,
    help="How to print: a table (the default), or data for programs.",
)
tail = click.option(
    "--tail", type=click.IntRange(min=1), help="Only the last so many lines."
)
output_before = click.option(
    "--output",
    "-o",
    FORM,
    type=click.Choice(FORMATS),
    envvar="FAIRLEAD_OUTPUT",
    expose_value=True,
    help="How all commands print.",
)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is wanted, and how it is printed."""

    limit: int
    every: bool
    form: str

    def show(self, path: str, columns: list[Column], **query: object) -> None:
        """Fetch a list from the server and print it."""
        rows, after = Client().items(path, limit=self.limit, every=self.every, **query)
        show_list(rows, columns, form=self.form, after=after)


def paged(command: CommandT) -> CommandT:
    """Give a list command `--limit`, `--all` and `--output`, as one `paging`."""
    limit = click.option(
        "--limit",
        type=click.IntRange(1, 200),
        default=50,
        show_default=True,
        help="Items a page.",
    )
    every = click.option("--all", "every", is_flag=True, help="Follow all pages.")

    def with_paging(
        *arguments: Any, limit: int, every: bool, form: str, **options: Any
    ) -> Any:
        paging = Paging(limit, every, form)
        return command(*arguments, paging=paging, **options)

    with_paging.__name__ = command.__name__
    with_paging.__doc__ = command.__doc__
    with_paging.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    return output(every(limit(with_paging)))  # type: ignore[return-value]
