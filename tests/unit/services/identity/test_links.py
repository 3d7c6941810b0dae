"""Tokens in letters."""

from datetime import UTC, datetime
from uuid import UUID

from fairlead.services.identity.domain.links import Purpose, sent_to

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_tokens_can_be_typed_as_arguments() -> None:
    """None begins with a dash, which a command line would take for an option."""
    made = {
        sent_to(UUID(int=1), "ada@example.org", Purpose.RESET, at=NOW)[0]
        for _ in range(500)
    }
    assert len(made) == 500
    assert not any(token.startswith("-") for token in made)
