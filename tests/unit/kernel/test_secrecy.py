"""What counts as a secret."""

import pytest

from fairlead.kernel.redaction import SecretRefused
from fairlead.kernel.secrecy import credentials_in, secrets_among, sounds_secret


@pytest.mark.parametrize(
    "name",
    [
        "DEPLOY_TOKEN",
        "PGPASSWORD",
        "client_secret",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "API_KEY",
        "APIKEY",
        "key",
        "DB_PASS",
        "authorization",
    ],
)
def test_these_names_sound_secret(name: str) -> None:
    assert sounds_secret(name)


@pytest.mark.parametrize("name", ["PATH", "HOME", "KEYBOARD", "COMPASS", "MONKEYS"])
def test_these_do_not(name: str) -> None:
    assert not sounds_secret(name)


def test_secrets_are_found_by_name_form_and_setting() -> None:
    variables = {
        "DEPLOY_TOKEN": "t0k3n",
        "SHORT_KEY": "abc",
        "USE_TOKEN": "true",
        "HTTPS_PROXY": "http://ada:p%40ss@proxy:3128",
        "HTTP_PROXY": "http://proxy:3128/@",
        "MIRROR": "https://lonelytoken@mirror/simple",
        "LICENCE": "plain words",
        "PATH": "/bin",
    }

    assert secrets_among(variables, always=("LICENCE", "MISSING")) == (
        "t0k3n",
        "p%40ss",
        "p@ss",
        "lonelytoken",
        "plain words",
    )


def test_a_variable_set_to_be_redacted_must_be_redactable() -> None:
    with pytest.raises(SecretRefused, match="PIN has fewer than 4 characters"):
        secrets_among({"PIN": "123"}, always=("PIN",))


def test_credentials_are_found_in_an_address() -> None:
    assert credentials_in("ssh://admin@host/x") == ()
    assert credentials_in("https://a:b:cdef@host/x and http://wxyz@b") == (
        "b:cdef",
        "wxyz",
    )
