"""What the server's own log shows of secrets."""

import json
import logging
import sys
from io import StringIO
from typing import Any

import pytest
import structlog

from fairlead.adapters.telemetry.logs import configure
from fairlead.adapters.telemetry.redaction import (
    RedactingFormatter,
    redact_event,
    redact_text,
)
from fairlead.adapters.telemetry.settings import LogSettings

JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"


def redact(**event: Any) -> dict[str, Any]:
    return dict(redact_event(None, "info", event))


def test_fields_that_sound_secret_are_masked_at_any_depth() -> None:
    shown = redact(
        event="login",
        password="hunter2",
        api_key=b"k",
        access_token=JWT,
        headers={"Authorization": "Bearer abc", "Accept": "text/html"},
        tries=[{"client_secret": "x", "user": "ada"}],
        token_count=3,
        key=None,
    )

    assert shown == {
        "event": "login",
        "password": "***",
        "api_key": "***",
        "access_token": "***",
        "headers": {"Authorization": "***", "Accept": "text/html"},
        "tries": [{"client_secret": "***", "user": "ada"}],
        "token_count": 3,
        "key": None,
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"sent Bearer {JWT} to it", "sent Bearer *** to it"),
        ("authorization: basic YWRhOmh1bnRlcjI=", "authorization: basic ***"),
        (f"the token {JWT}, cut", "the token ***, cut"),
        ("clone https://ada:p%40ss@host/x", "clone https://ada:***@host/x"),
        ("the bearer of news; basic facts", "the bearer of news; basic facts"),
        ("http://host:80/@x", "http://host:80/@x"),
    ],
)
def test_credentials_in_texts_are_masked(text: str, shown: str) -> None:
    assert redact_text(text) == shown


def fail(message: str) -> None:
    raise ValueError(message)


def test_lines_of_other_loggers_and_their_tracebacks_are_masked() -> None:
    record = logging.makeLogRecord({"msg": "Bearer %s", "args": (JWT,)})
    try:
        fail(f"ftp://ada:hunter2@host {JWT}")
    except ValueError:
        record.exc_info = sys.exc_info()

    line = RedactingFormatter("%(message)s").format(record)
    assert line.startswith("Bearer ***\n")
    assert "ftp://ada:***@host ***" in line
    assert "***" in line.split("ValueError: ")[1]


@pytest.mark.parametrize("form", ["json", "console"])
def test_the_configured_log_masks(form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what an exception says."""
    stream = StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(logging.root, "handlers", [logging.NullHandler()])
    try:
        configure(LogSettings(level="info", format=form))
        log = structlog.get_logger("x")
        try:
            fail("Bearer " + JWT)
        except ValueError:
            log.exception("broke", password="hunter2")
    finally:
        structlog.reset_defaults()

    line = stream.getvalue()
    assert "broke" in line
    assert "hunter2" not in line
    assert JWT not in line
    if form == "json":
        assert json.loads(line)["password"] == "***"
