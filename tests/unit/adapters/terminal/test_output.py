"""What commands print."""

import json

import pytest

from fairlead.adapters.terminal.errors import refused
from fairlead.adapters.terminal.output import (
    field,
    last_lines,
    lasting,
    plain,
    show_bytes,
    show_list,
    show_one,
)

ROWS = [{"name": "a", "on": True}, {"name": "longer", "on": False}]
COLUMNS = [("name", field("name")), ("on", field("on"))]


def test_tables_align(capsys: pytest.CaptureFixture[str]) -> None:
    show_list(ROWS, COLUMNS, form="table", after="x")
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["NAME    ON", "a       yes", "longer  no"]
    assert "--all" in printed.err


def test_data_keeps_everything(capsys: pytest.CaptureFixture[str]) -> None:
    show_list(ROWS, COLUMNS, form="json", after=None)
    assert json.loads(capsys.readouterr().out) == {"items": ROWS, "next": None}


def test_empty_cells_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    show_one({"name": "a", "on": None}, COLUMNS, form="table")
    assert capsys.readouterr().out == "name  a\n"


def test_names_cannot_move_the_cursor() -> None:
    assert plain("a\x1b[2Jb") == "a [2Jb"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (112, "1 min 52 s"), (7300, "2 h 1 min")]
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


@pytest.mark.parametrize(
    ("status", "exit_code"),
    [(401, 4), (403, 4), (404, 3), (409, 5), (422, 2), (429, 6), (503, 6), (500, 70)],
)
def test_exit_codes_follow_the_table(status: int, exit_code: int) -> None:
    assert refused(status, {"title": "No."}).exit_code == exit_code


@pytest.mark.parametrize(
    ("chunks", "tail"),
    [
        ((b"a\nb", b"c\nd\n"), b"bc\nd\n"),
        ((b"a\nb\nno end",), b"b\nno end"),
        ((b"a\n",), b"a\n"),
        ((), b""),
    ],
)
def test_the_last_lines_are_whole(chunks: tuple[bytes, ...], tail: bytes) -> None:
    assert last_lines(chunks, 2) == tail


def test_no_output_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    show_bytes(iter(()), tail=None)
    show_bytes(iter(()), tail=5)

    assert capsys.readouterr() == ("", "no output yet\nno output yet\n")
