"""Questions on the command line; where nobody can answer, the option that does."""

import sys

import click

from fairlead.adapters.terminal.errors import Refused

BAD_INPUT = 2


def confirm(question: str) -> None:
    """Ask whether to go on.

    Raises:
        Refused: nobody is there to answer.
        Abort: the answer is no.
    """
    if not sys.stdin.isatty():
        raise Refused(
            f"{question} There is no terminal to ask on: say it with --yes.",
            exit_code=BAD_INPUT,
        )
    click.confirm(question, abort=True, err=True)


def ask_password(prompt: str, *, twice: bool = False) -> str:
    """Ask for a password without showing it; it may be empty.

    Raises:
        Refused: nobody is there to answer.
    """
    if not sys.stdin.isatty():
        raise Refused(
            "There is no terminal to ask for the password on: "
            "give it on stdin with --password-stdin.",
            exit_code=BAD_INPUT,
        )
    return str(
        click.prompt(
            prompt,
            hide_input=True,
            confirmation_prompt=twice,
            err=True,
            default="",
            show_default=False,
        )
    )
