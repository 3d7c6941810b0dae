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
from fairlead.services.identity.domain.links import (
    RESET_WITHIN,
    VERIFY_WITHIN,
    Link,
    Purpose,
    Requests,
    bad_token,
    digest_of,
    good,
    sent_to,
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
    "RESET_WITHIN",
    "VERIFY_WITHIN",
    "Account",
    "Link",
    "Patience",
    "Purpose",
    "Requests",
    "Tallies",
    "Tally",
    "bad_token",
    "check_password",
    "checked_locale",
    "checked_zone",
    "digest_of",
    "email_address",
    "good",
    "hashable",
    "is_user_name",
    "sent_to",
    "spelled",
    "user_name",
]
