"""The rules for names, passwords and wrong guesses."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.services.identity.domain import (
    ACCOUNT,
    ADDRESS,
    ANY,
    PAIR,
    Tallies,
    Tally,
    check_password,
    guesses,
    hashable,
    spelled,
    user_name,
)
from fairlead.services.identity.public import (
    BadUserName,
    TooManyAttempts,
    WeakPassword,
)
from fairlead.testing.fakes import FrozenClock

NOW = FrozenClock().now()
SECOND = timedelta(seconds=1)


def tally(wrong: int, *, account: str = "ada", address: str = "a") -> Tally:
    return Tally(account=account, address=address, wrong=wrong, last_at=NOW)


def test_names_are_kept_in_lowercase() -> None:
    """Nobody remembers how they wrote their name."""
    assert user_name("Ada.Lovelace-1_x") == "ada.lovelace-1_x"


@pytest.mark.parametrize(
    "name", ["", "a" * 64, "ada lovelace", "..", "-", "ädä", "ada\n", "a/b", "*"]
)
def test_other_names_are_refused(name: str) -> None:
    """A name is safe in a path, a log and a table."""
    with pytest.raises(BadUserName):
        user_name(name)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "fourteen chars",
        "aaaaaaaaaaaaaaaaaaaa",
        "lovelacelovelace",
        "x1y2z" * 300,
    ],
)
def test_weak_passwords_are_refused(password: str) -> None:
    """Short, long, of few characters, or made of the user's name."""
    with pytest.raises(WeakPassword):
        check_password(password, name="lovelace", least=15)


def test_good_passwords_pass() -> None:
    """Whatever they are made of; beside a second factor, eight are enough."""
    check_password("four words make sense", name="ada", least=15)
    check_password("пароль-длинный!", name="ada", least=15)
    check_password("only wor", name="ada", least=8)


@pytest.mark.parametrize(
    ("password", "spelling"),
    [
        ("PasswordPassword", "password"),
        ("Correct Horse", "correcthorse"),
        ("letmein letmein letmein", "letmein"),
        ("\uff50assword", "password"),
    ],
)
def test_a_known_password_is_known_in_disguise(password: str, spelling: str) -> None:
    """In capitals, with spaces, in full width, and over and over."""
    assert spelling in guesses(password)


def test_a_password_is_the_same_from_every_keyboard() -> None:
    """Composed and decomposed letters are one spelling."""
    assert spelled("e\u0301") == spelled("\u00e9")


def test_the_longest_password_is_taken_however_it_was_typed() -> None:
    """Three characters may become one of two bytes."""
    typed = "u\u0308\u0304" * 512

    assert spelled(typed) == "\u01d6" * 512
    assert hashable(spelled(typed))


def test_what_is_too_long_is_refused_without_being_spelled() -> None:
    """A stranger's megabyte of marks would keep everybody waiting for minutes."""
    typed = "a" + "\u0315\u0300" * 250_000

    assert spelled(typed) is typed
    assert not hashable(spelled(typed))
    with pytest.raises(WeakPassword):
        check_password(typed, name="ada", least=15)


@given(text=st.text(st.characters(exclude_categories=[]), max_size=30))
def test_any_text_can_be_judged(text: str) -> None:
    """Lone surrogates and control characters break nothing."""
    hashable(spelled(text))


def test_five_guesses_are_free_then_the_wait_doubles() -> None:
    """One second, two, four, up to a quarter of an hour."""
    waits = [PAIR.wait(tally(wrong), at=NOW) for wrong in range(4, 9)]

    assert waits == [timedelta(), SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND]
    assert PAIR.wait(tally(1000), at=NOW) == PAIR.longest


def test_the_wait_runs_off() -> None:
    """After it the next guess may come, and after a long pause all is forgotten."""
    assert PAIR.wait(tally(5), at=NOW + SECOND) == timedelta()
    assert tally(9).raised(NOW + PAIR.keep + SECOND, keep=PAIR.keep).wrong == 1


def test_a_locked_pair_says_how_long() -> None:
    """`retry_after` has whole seconds."""
    with pytest.raises(TooManyAttempts) as refused:
        Tallies((tally(7),)).check("ada", "a", at=NOW)
    assert refused.value.details["retry_after"] == 4


def test_an_address_that_tries_many_accounts_is_slowed() -> None:
    """Spraying one password over all users does not get far."""
    sprayer = tally(ADDRESS.free, account=ANY)
    with pytest.raises(TooManyAttempts):
        Tallies((sprayer,)).check("bob", "a", at=NOW)


def test_strangers_cannot_lock_a_user_out() -> None:
    """An address the user once came from ignores what others guessed."""
    guessed = tally(ACCOUNT.free + 10, address=ANY)
    home = Tally(account="ada", address="home", wrong=0, last_at=NOW, trusted=True)

    with pytest.raises(TooManyAttempts):
        Tallies((guessed,)).check("ada", "elsewhere", at=NOW)
    Tallies((guessed, home)).check("ada", "home", at=NOW)
