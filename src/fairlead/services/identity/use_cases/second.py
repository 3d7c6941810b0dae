"""Asking for the second factor."""

from dataclasses import dataclass

from fairlead.kernel.clock import Clock
from fairlead.kernel.work import UnitOfWork
from fairlead.services.identity.domain import Factor, recovery_digest, step_of
from fairlead.services.identity.ports import FactorStore, Safe
from fairlead.services.identity.public import SecondFactorNeeded, User, WrongCode


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSecondFactor:
    """Take a code of the authenticator, or a recovery code; each counts once."""

    factors: FactorStore
    safe: Safe
    work: UnitOfWork
    clock: Clock

    async def __call__(self, user: User, code: str) -> None:
        """Let the user pass; so do those who have no second factor.

        Raises:
            SecondFactorNeeded: `code` is empty.
            WrongCode: it is wrong, old or used.
        """
        factor = await self.factors.find(user.id)
        if factor is None or not factor.confirmed:
            return
        if not code:
            raise SecondFactorNeeded(
                "Give a code of your authenticator, or a recovery code."
            )
        if not await self.taken(factor, code):
            raise WrongCode("The code is wrong, or was used before.")

    async def taken(self, factor: Factor, code: str) -> bool:
        """Tell whether the code is right; from now on it is used."""
        secret = self.safe.open(factor.sealed, owner=str(factor.user_id))
        now = self.clock.now()
        step = None if secret is None else step_of(secret, code, at=now)
        async with self.work:
            if step is not None:
                return await self.factors.take_step(factor.user_id, step)
            digest = recovery_digest(code)
            return await self.factors.take_code(factor.user_id, digest)
