"""Names, passwords, email addresses, and wrong guesses."""

from fairlead.services.identity.domain.emails import email_address
from fairlead.services.identity.domain.guesses import (
    ACCOUNT,
    ADDRESS,
    ANY,
    PAIR,
    Patience,
    Tallies,
    Tally,
)
from fairlead.services.identity.domain.passwords import (
    MAX_BYTES,
    MIN_CHARACTERS,
    NO_HASH,
    Account,
    check_password,
    hashable,
    is_user_name,
    spelled,
    user_name,
)
from fairlead.services.identity.domain.preferences import checked_locale, checked_zone

__all__ = [
    "ACCOUNT",
    "ADDRESS",
    "ANY",
    "MAX_BYTES",
    "MIN_CHARACTERS",
    "NO_HASH",
    "PAIR",
    "Account",
    "Patience",
    "Tallies",
    "Tally",
    "check_password",
    "checked_locale",
    "checked_zone",
    "email_address",
    "hashable",
    "is_user_name",
    "spelled",
    "user_name",
]
