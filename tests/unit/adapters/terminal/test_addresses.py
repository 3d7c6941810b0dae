"""Which server the command line talks to."""

from pathlib import Path

import pytest

from fairlead.adapters.terminal import credentials
from fairlead.adapters.terminal.client import Client


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_CONFIG", str(tmp_path / "config.json"))
    for name in ("FAIRLEAD_URL", "FAIRLEAD_HTTP__HOST", "FAIRLEAD_HTTP__PORT"):
        monkeypatch.delenv(name, raising=False)


def test_an_address_may_lack_its_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_URL", "127.0.0.1:7070/")

    assert Client().url == "http://127.0.0.1:7070"


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        (None, None, "http://127.0.0.1:7070"),
        (None, "7099", "http://127.0.0.1:7099"),
        ("::1", "7099", "http://[::1]:7099"),
        ("0.0.0.0", "7099", "http://127.0.0.1:7099"),  # noqa: S104
    ],
)
def test_the_servers_own_settings_give_the_default(
    monkeypatch: pytest.MonkeyPatch, host: str | None, port: str | None, url: str
) -> None:
    for name, value in (("HOST", host), ("PORT", port)):
        if value:
            monkeypatch.setenv(f"FAIRLEAD_HTTP__{name}", value)

    assert Client().url == url


def test_what_log_in_kept_goes_before_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials.save(credentials.Credentials(url="http://far.example"))
    monkeypatch.setenv("FAIRLEAD_HTTP__PORT", "7099")

    assert Client().url == "http://far.example"
