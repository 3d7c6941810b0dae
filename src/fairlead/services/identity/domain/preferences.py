"""The language and the time zone a user prefers."""

import re
from zoneinfo import ZoneInfo

from fairlead.services.identity.public import BadPreference

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")


def checked_locale(text: str) -> str:
    """Return a language tag (BCP 47: language, script, region); empty: none.

    Raises:
        BadPreference: it has another form.
    """
    if text and not _LOCALE.fullmatch(text):
        raise BadPreference("Write the locale like de, de-CH or zh-Hant-TW.")
    return text


def checked_zone(text: str) -> str:
    """Return the name of a time zone this machine knows; empty: none.

    Raises:
        BadPreference: there is none of this name.
    """
    if not text or text == "UTC":
        return text
    try:
        ZoneInfo(text)
    except (OSError, ValueError, KeyError) as error:
        raise BadPreference(
            f"'{text[:100]}' is no time zone here; write it like Europe/Berlin.",
            time_zone=text[:100],
        ) from error
    return text
