"""Which passwords are taken."""

from dataclasses import dataclass

from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.services.identity.domain import (
    MIN_CHARACTERS,
    check_password,
    guesses,
    hashable,
    spelled,
)
from fairlead.services.identity.ports import BreachedPasswords
from fairlead.services.identity.public import User, WeakPassword


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """Refuses what is easily guessed."""

    breached: BreachedPasswords

    async def __call__(self, who: Principal, password: str, *, user: User) -> str:
        """Return the password of `user` that `who` chose as it is hashed.

        What our own code passes on was generated, or chosen by the operator in the
        settings; it is theirs to choose, so only its length is checked.

        Raises:
            WeakPassword: it breaks a rule.
            BreachedListMissing: the list of known passwords cannot be read.
        """
        text = spelled(password)
        if who.kind is not PrincipalKind.SERVICE:
            check_password(password, name=user.name, least=MIN_CHARACTERS)
            if await self.breached.has(guesses(password)):
                raise WeakPassword(
                    "This password is known from breaches; choose another."
                )
        if not hashable(text):
            raise WeakPassword("Use a password of 1 to 1024 bytes.")
        return text
