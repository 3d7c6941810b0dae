"""Ids that people type."""

from uuid import UUID

from fairlead.adapters.terminal.errors import Refused

NOT_FOUND = 3


def known_id(text: str, noun: str, listing: str) -> str:
    """Return an id as the server writes it.

    Raises:
        Refused: it is none, so that there is no such thing.
    """
    try:
        return str(UUID(text))
    except ValueError as error:
        raise Refused(
            f"There is no {noun} '{text}'.",
            exit_code=NOT_FOUND,
            hint=f"see their ids with: {listing}",
        ) from error
