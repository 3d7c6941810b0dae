"""The program `fairlead`: finds every module's commands and runs one."""

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

import click
from typing_extensions import override

from fairlead.adapters.terminal.options import output_before

GROUP = "fairlead.commands"


class Commands(click.Group):
    """Loads a command only when it is asked for, so that each starts at once.

    Ours and third parties' commands alike come from the entry point group
    `fairlead.commands`: the command's name and the click command it stands for.
    """

    @cached_property
    def entries(self) -> Mapping[str, EntryPoint]:
        """Return the installed commands by name."""
        return {entry.name: entry for entry in entry_points(group=GROUP)}

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.entries)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        command = entry.load()
        return command if isinstance(command, click.Command) else None

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in self.entries or name.startswith("-"):
            return super().resolve_command(ctx, args)
        near = get_close_matches(name, self.entries)
        guess = f" Did you mean {' or '.join(near)}?" if near else ""
        raise click.UsageError(f"There is no command '{name}'.{guess}", ctx)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fairlead", prog_name="fairlead")
@output_before
def fairlead(form: str | None) -> None:
    """From a repository to a running service.

    `fairlead up` starts the server; the other commands talk to one, at FAIRLEAD_URL
    or where `fairlead login` says.
    """


def main() -> None:
    """Run the command line."""
    try:
        fairlead(prog_name="fairlead")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
