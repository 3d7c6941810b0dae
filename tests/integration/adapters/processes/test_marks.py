"""The marks that processes wear."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fairlead.adapters.processes.launcher.marks import Marks, ancestors, children

HOME, OTHER = "00112233445566aa", "8899aabbccddee11"
FORKED = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
print("up", flush=True)
sys.stdin.read()
"""


@contextmanager
def marked(marks: Marks, token: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that forks once; both end with the block."""
    with marks.worn(token):
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-S", "-c", FORKED],
            env=marks.variables(token),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() + process.stdout.readline() == b"up\nup\n"
        yield process


@pytest.mark.parametrize("limits", [True, False], ids=["limit", "variable"])
def test_a_tree_wears_its_own_token(*, limits: bool) -> None:
    """One start's processes are told from another's, and from another home's."""
    mine, others = Marks(HOME, limits=limits), Marks(OTHER, limits=limits)
    token, second = Marks.token(), Marks.token()
    with marked(mine, token) as one, marked(mine, second) as two:
        pair = set(mine.wearers(token))

        assert one.pid in pair
        assert len(pair) == 2
        assert mine.token_of(two.pid) == second
        assert others.token_of(one.pid) is None
        assert set(mine.all_wearers()) == pair | set(mine.wearers(second))
        assert set(others.all_wearers()) == set()
        assert {one.pid, two.pid} <= set(children())


def test_where_limits_work_the_environment_is_left_alone() -> None:
    assert Marks(HOME).variables(1) == {}
    assert set(Marks(HOME, limits=False).variables(1)) == {"FAIRLEAD_PROCESS"}


def test_marking_leaves_no_mark_on_the_marker() -> None:
    marks = Marks(HOME)
    with marks.worn(7):
        assert marks.token_of(os.getpid()) == 7

    assert marks.token_of(os.getpid()) is None


def test_those_above_are_known() -> None:
    parent = os.getppid()

    assert ancestors() == set() if parent == 0 else parent in ancestors()
    assert os.getpid() not in ancestors()
