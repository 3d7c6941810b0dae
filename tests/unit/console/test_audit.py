"""The page of the audit trail: its filters, and the state of the chain."""

from datetime import UTC, datetime

from tests.unit.console.conftest import Browser

from fairlead.services.audit.public import ChainState


async def test_filters_stay_in_the_form(browser: Browser) -> None:
    """And in the command, and in what leads to the next page."""
    text = await browser.page(
        "/audit?action=projects.*&address=%3A%3A1&trace_id=ab&since=2026-11-29T14:00"
    )
    wanted = browser.stage.audit.wanted

    assert (wanted.prefix, wanted.address, wanted.trace_id) == (
        "projects.",
        "::1",
        "ab",
    )
    assert wanted.since == datetime(2026, 11, 29, 14, tzinfo=UTC)
    for field in ('value="projects.*"', 'value="::1"', 'value="2026-11-29T14:00"'):
        assert field in text
    assert "--trace-id ab --since 2026-11-29T14:00Z" in text


async def test_a_filter_that_means_nothing_is_told_in_the_page(
    browser: Browser,
) -> None:
    answer = await browser.client.get("/audit?since=yesterday&actor=ada")

    assert answer.status_code == 422
    assert "&#39;since&#39; is no time" in answer.text
    assert 'value="ada"' in answer.text


async def test_the_state_of_the_chain_is_shown(browser: Browser) -> None:
    """Without following it; once it was followed, what was found."""
    before = await browser.page("/audit")
    browser.stage.audit.chain = ChainState(
        entries=1, broken_at=2, reason="entry 2 was changed"
    )
    broken = (await browser.send("/audit/verify")).text

    assert "3 entries, sealed up to 3" in before
    assert "no checkpoint yet" in before
    assert "not verified since the server started" in before
    assert "Broken at 2: entry 2 was changed" in broken
