"""Activities are found by the name they were marked with."""

import pytest

from fairlead.adapters.engine.registry import collect
from fairlead.kernel.engine import Attempt, Json, activity


class Greeter:
    """An owner of activities."""

    def __init__(self, word: str) -> None:
        self.word = word

    @property
    def costly(self) -> str:
        """Must not be read while activities are looked for."""
        raise RuntimeError("read")

    @activity("test.greet")
    async def greet(self, attempt: Attempt) -> Json:
        """Greet."""
        return f"{self.word} {attempt.argument}"

    async def plain(self, attempt: Attempt) -> Json:
        """Do nothing."""


class LoudGreeter(Greeter):
    """An owner that inherits one."""


@pytest.mark.parametrize("owner", [Greeter("hello"), LoudGreeter("hello")])
async def test_marked_methods_are_bound_to_their_owner(owner: Greeter) -> None:
    """Also inherited ones; unmarked methods are left out."""
    found = collect([owner])
    attempt = Attempt(workflow_id="w", key="w/a", number=1, argument="ada")

    assert list(found) == ["test.greet"]
    assert await found["test.greet"](attempt) == "hello ada"


def test_a_name_is_given_once() -> None:
    """Two owners cannot share a name."""
    with pytest.raises(ValueError, match=r"test\.greet"):
        collect([Greeter("a"), Greeter("b")])
