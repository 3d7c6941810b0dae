"""The one spelling of an email address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.services.identity.domain import (
    checked_locale,
    checked_zone,
    email_address,
)
from fairlead.services.identity.public import BadEmail, BadPreference


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ada.Lovelace+x@Example.ORG", "ada.lovelace+x@example.org"),
        (
            "\uff41\uff44\uff41\uff20\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\uff0e\uff4f\uff52\uff47",
            "ada@example.org",
        ),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("ada@localhost", "ada@localhost"),
        ("ada@ex\u0430mple.org", "ada@xn--exmple-4nf.org"),
    ],
)
def test_an_address_has_one_spelling(typed: str, stored: str) -> None:
    """Whatever its case, width or script; look-alikes stay apart."""
    assert email_address(typed) == stored
    assert email_address(stored) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@@example.org",
        "ada@example.org, eve@example.org",
        "ada@example..org",
        ".ada@example.org",
        "ada @example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada\u200b@example.org",
        "ada@exam\u00adple.org",
        "ada\u202e@example.org",
        "m\u0131ke@example.org",
        "\u0430da@example.org",
        "ada@stra\u00dfe.example",
        "ada@127.0.0.1",
        "ada@[::1]",
        "ada@-x.org",
        "ada@xn--\u00fc.org",
        "ada@" + "x" * 64 + ".org",
        "a" * 65 + "@example.org",
        "\ud800@example.org",
        '"a b"@example.org',
    ],
)
def test_tricks_are_refused(text: str) -> None:
    """None is repaired into somebody's address."""
    with pytest.raises(BadEmail):
        email_address(text)


@given(st.text(max_size=80) | st.emails())
def test_every_text_is_an_address_or_refused(text: str) -> None:
    """What is taken is ASCII, and its own spelling."""
    try:
        address = email_address(text)
    except BadEmail:
        return

    assert address.isascii()
    assert address.isprintable()
    assert email_address(address) == address


def test_preferences_are_tags_and_zones() -> None:
    """Others are refused; empty is none."""
    for tag in ("", "de", "de-CH", "zh-Hant-TW", "es-419"):
        assert checked_locale(tag) == tag
    for zone in ("", "UTC", "Europe/Zurich"):
        assert checked_zone(zone) == zone
    for bad in ("DE", "de_CH", "x", "de-CH\n"):
        with pytest.raises(BadPreference):
            checked_locale(bad)
    for bad in ("Mars/Base", "../../etc/passwd", "/etc/passwd", "a\0b"):
        with pytest.raises(BadPreference):
            checked_zone(bad)
