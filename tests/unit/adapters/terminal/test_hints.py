"""What the command line says to do when a credential is not good."""

import pytest

from fairlead.adapters.terminal.errors import refused


@pytest.mark.parametrize(
    ("code", "token", "hint"),
    [
        ("auth.unauthenticated", "", "log in with: fairlead login"),
        ("identity.wrong_credentials", "", ""),
        ("identity.second_factor_needed", "", "fairlead login --code CODE"),
        ("identity.wrong_code", "flk_x", "fairlead login --code CODE"),
        ("auth.unauthenticated", "flk_x", "what FAIRLEAD_TOKEN holds"),
    ],
)
def test_the_way_in_is_told(
    monkeypatch: pytest.MonkeyPatch, code: str, token: str, hint: str
) -> None:
    """A log in is of no use to whom the variable's token goes before it."""
    monkeypatch.setenv("FAIRLEAD_TOKEN", token)
    failure = refused(401, {"title": "No.", "code": code})

    assert hint in failure.hint
    assert bool(hint) is bool(failure.hint)
