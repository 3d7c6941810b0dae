"""Which passwords are taken."""

from dataclasses import dataclass

from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.services.identity.domain import (
    check_password,
    guesses,
    hashable,
    spelled,
)
from fairlead.services.identity.ports import BreachedPasswords, FactorStore
from fairlead.services.identity.public import (
    MIN_CHARACTERS,
    MIN_WITH_SECOND_FACTOR,
    User,
    WeakPassword,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """Refuses what is easily guessed."""

    breached: BreachedPasswords
    factors: FactorStore

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
            least = await self._least(user)
            check_password(password, name=user.name, least=least)
            if await self.breached.has(guesses(password)):
                raise WeakPassword(
                    "This password is known from breaches; choose another."
                )
        if not hashable(text):
            raise WeakPassword("Use a password of 1 to 1024 bytes.")
        return text

    async def _least(self, user: User) -> int:
        factor = await self.factors.find(user.id)
        confirmed = factor is not None and factor.confirmed
        return MIN_WITH_SECOND_FACTOR if confirmed else MIN_CHARACTERS
