"""The rules for wrong guesses."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from fairlead.services.identity.public import TooManyAttempts

ANY = "*"
CODES = "*codes"  # in place of an address: wrong codes after right passwords


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Wrong guesses counted for one account from one address.

    `ANY` in place of either counts for all of them. No address holds a star.

    Attributes:
        wrong: Since the last right one, or since long ago.
        last_at: When the last wrong one was.
        trusted: The right password came from here once.
    """

    account: str
    address: str
    wrong: int
    last_at: datetime
    trusted: bool = False

    def raised(self, at: datetime, *, keep: timedelta) -> Self:
        """Count one more wrong guess; those before a pause of `keep` are forgotten."""
        wrong = 0 if at - self.last_at > keep else self.wrong
        return type(self)(
            account=self.account,
            address=self.address,
            wrong=wrong + 1,
            last_at=at,
            trusted=self.trusted,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many wrong guesses are free, and how the wait grows after that."""

    free: int
    longest: timedelta
    keep: timedelta

    def wait(self, tally: Tally, *, at: datetime) -> timedelta:
        """Return how long the next guess must still wait; zero: it may come."""
        over = tally.wrong - self.free
        if over < 0 or at - tally.last_at > self.keep:
            return timedelta()
        pause = min(timedelta(seconds=2 ** min(over, 20)), self.longest)
        return max(tally.last_at + pause - at, timedelta())


PAIR = Patience(free=5, longest=timedelta(minutes=15), keep=timedelta(hours=24))
ACCOUNT = Patience(free=50, longest=timedelta(minutes=1), keep=timedelta(minutes=15))
ADDRESS = Patience(free=100, longest=timedelta(minutes=1), keep=timedelta(minutes=15))
SECOND = Patience(free=10, longest=timedelta(hours=1), keep=timedelta(hours=24))


def places_of(account: str, address: str) -> tuple[tuple[str, str], ...]:
    """Return the account and the address of each tally that an attempt is held to."""
    return ((account, address), (account, ANY), (ANY, address), (account, CODES))


@dataclass(frozen=True, slots=True)
class Tallies:
    """What is known of one attempt: of the pair, the account and the address.

    The account as a whole is only slowed for addresses its user never came from, so
    a stranger who guesses for days does not lock the user out. Only who has the
    password can guess codes; that slows the account more, for codes are short.
    """

    found: tuple[Tally, ...]

    def check(self, account: str, address: str, *, at: datetime) -> None:
        """Let the attempt go on, or raise.

        Raises:
            TooManyAttempts: one of them must wait.
        """
        waits = [
            _patience(tally).wait(tally, at=at)
            for tally in self._counting(account, address)
        ]
        wait = max(waits, default=timedelta())
        if wait > timedelta():
            seconds = int(-(-wait.total_seconds() // 1))
            raise TooManyAttempts(
                f"Too many wrong passwords; try again in {seconds} s.",
                retry_after=seconds,
            )

    @property
    def suspicious(self) -> bool:
        """Whether anything wrong was counted, so that guesses should queue."""
        return any(tally.wrong for tally in self.found)

    def raised(
        self, account: str, address: str, *, at: datetime, code: bool = False
    ) -> tuple[Tally, ...]:
        """Return the tallies with one more wrong guess: of a password, or a `code`."""
        result = []
        for key in places_of(account, address):
            if key[1] == CODES and not code:
                continue
            tally = self._get(*key) or Tally(
                account=key[0], address=key[1], wrong=0, last_at=at
            )
            result.append(tally.raised(at, keep=_patience(tally).keep))
        return tuple(result)

    def trusts(self, account: str, address: str) -> bool:
        """Tell whether the right password came from there once."""
        tally = self._get(account, address)
        return tally is not None and tally.trusted

    def _counting(self, account: str, address: str) -> tuple[Tally, ...]:
        if not self.trusts(account, address):
            return self.found
        return tuple(tally for tally in self.found if tally.address not in {ANY, CODES})

    def _get(self, account: str, address: str) -> Tally | None:
        for tally in self.found:
            if (tally.account, tally.address) == (account, address):
                return tally
        return None


def _patience(tally: Tally) -> Patience:
    if tally.address == ANY:
        return ACCOUNT
    if tally.address == CODES:
        return SECOND
    return ADDRESS if tally.account == ANY else PAIR
