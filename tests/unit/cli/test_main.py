"""What the program says before it asks any server."""

import json

import pytest
from click.testing import CliRunner

from fairlead.cli.main import fairlead


def test_an_unknown_command_gets_a_guess() -> None:
    done = CliRunner().invoke(fairlead, ["project", "list"])

    assert done.exit_code == 2
    assert "There is no command 'project'. Did you mean projects" in done.output


def test_the_form_may_stand_before_the_command() -> None:
    before = CliRunner().invoke(fairlead, ["--output", "json", "modules", "list"])
    after = CliRunner().invoke(fairlead, ["modules", "list", "-o", "json"])
    by_variable = CliRunner().invoke(
        fairlead, ["modules", "list"], env={"FAIRLEAD_OUTPUT": "json"}
    )

    assert json.loads(before.stdout)["items"]
    assert before.stdout == after.stdout == by_variable.stdout


@pytest.mark.parametrize(
    ("name", "example"), [("hello", "hello/1"), ("3", "PROJECT/3")]
)
def test_a_run_without_project_or_number_gets_a_hint(name: str, example: str) -> None:
    done = CliRunner().invoke(fairlead, ["runs", "show", name])

    assert done.exit_code == 2
    assert f"write project/number, e.g. {example}" in done.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("roles", "bind", "ada", "viewer", "--environment", "dev"),
        ("roles", "bind", "ada", "viewer", "--project", "a", "--scope", "/"),
        ("projects", "update", "hello"),
        ("runs", "logs", "hello/1", "-f", "--tail", "3"),
    ],
)
def test_options_that_do_not_fit_are_refused(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(fairlead, arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "noun"),
    [
        (("operations", "show", "nope"), "operation"),
        (("operations", "explain", "nope"), "operation"),
        (("sessions", "revoke", "nope"), "session"),
        (("keys", "rotate", "nope"), "key"),
        (("keys", "revoke", "nope"), "key"),
    ],
)
def test_what_is_no_id_names_nothing(arguments: tuple[str, ...], noun: str) -> None:
    done = CliRunner().invoke(fairlead, arguments)

    assert done.exit_code == 3
    assert f"There is no {noun} 'nope'." in done.output


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("users", "create", "ada"), "--password-stdin"),
        (("users", "delete", "ada"), "--yes"),
        (("projects", "delete", "hello"), "--yes"),
    ],
)
def test_without_a_terminal_the_option_is_named(
    arguments: tuple[str, ...], option: str
) -> None:
    done = CliRunner().invoke(fairlead, arguments)

    assert done.exit_code == 2
    assert option in done.output
    assert len(done.output.splitlines()) == 1
