"""Which passwords are taken."""

from dataclasses import dataclass

from fairlead.services.identity.domain import check_password, spelled
from fairlead.services.identity.public import User


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """Refuses what is easily guessed."""

    async def __call__(self, password: str, *, user: User) -> str:
        """Return the password as it is hashed.

        Raises:
            WeakPassword: it breaks a rule.
        """
        check_password(password, name=user.name)
        return spelled(password)
