"""Users and wrong guesses in memory, and a hash that is none; for tests."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import Page, PageRequest
from fairlead.services.identity.domain import (
    Account,
    Factor,
    Link,
    Purpose,
    Tallies,
    Tally,
    mark_of,
    places_of,
)
from fairlead.services.identity.ports import (
    BreachedPasswords,
    FactorStore,
    Hasher,
    LinkStore,
    Safe,
    TallyStore,
    UserStore,
)
from fairlead.services.identity.public import EmailTaken, User, UserNameTaken


def _marked(account: Account) -> Account:
    mark = mark_of(account.password_hash)
    return replace(account, user=replace(account.user, password_mark=mark))


class MemoryUserStore(UserStore):
    """Keeps the users of one tenant in a dict by name."""

    def __init__(self) -> None:
        """Start empty."""
        self._accounts: dict[str, Account] = {}

    @override
    async def find(self, name: str) -> Account | None:
        return self._accounts.get(name)

    @override
    async def get(self, user_id: UUID) -> User | None:
        account = self._by_id(user_id)
        return account.user if account else None

    @override
    async def list(self, page: PageRequest) -> Page[User]:
        names = sorted(name for name in self._accounts if name > (page.after or ""))
        shown = names[: page.limit]
        return Page(
            items=tuple(self._accounts[name].user for name in shown),
            next=shown[-1] if len(names) > len(shown) else None,
        )

    @override
    async def add(self, account: Account) -> None:
        name = account.user.name
        if name in self._accounts:
            raise UserNameTaken(f"There is a user '{name}' already.", user=name)
        await self._check_email(account.user)
        self._accounts[name] = _marked(account)

    @override
    async def find_email(self, email: str) -> User | None:
        for account in self._accounts.values():
            if account.user.email == email:
                return account.user
        return None

    @override
    async def change(self, user: User) -> None:
        await self._check_email(user)
        if account := self._by_id(user.id):
            changed = replace(
                account.user,
                email=user.email,
                email_verified=user.email_verified,
                locale=user.locale,
                time_zone=user.time_zone,
            )
            self._accounts[changed.name] = replace(account, user=changed)

    @override
    async def remove(self, user_id: UUID) -> None:
        if account := self._by_id(user_id):
            del self._accounts[account.user.name]

    @override
    async def set_disabled(self, user_id: UUID, *, disabled: bool) -> None:
        if account := self._by_id(user_id):
            user = replace(account.user, disabled=disabled)
            self._accounts[user.name] = replace(account, user=user)

    @override
    async def set_hash(self, user_id: UUID, password_hash: str) -> None:
        if account := self._by_id(user_id):
            changed = _marked(replace(account, password_hash=password_hash))
            self._accounts[account.user.name] = changed

    async def _check_email(self, user: User) -> None:
        other = await self.find_email(user.email) if user.email else None
        if other is not None and other.id != user.id:
            raise EmailTaken("Another user has this email address.")

    def _by_id(self, user_id: UUID) -> Account | None:
        for account in self._accounts.values():
            if account.user.id == user_id:
                return account
        return None


class MemoryTallyStore(TallyStore):
    """Keeps tallies in a dict by account and address."""

    def __init__(self) -> None:
        """Start empty."""
        self._tallies: dict[tuple[str, str], Tally] = {}

    @override
    async def find(self, account: str, address: str) -> Tallies:
        found = map(self._tallies.get, places_of(account, address))
        return Tallies(tuple(tally for tally in found if tally is not None))

    @override
    async def save(self, tally: Tally) -> None:
        self._tallies[tally.account, tally.address] = tally

    @override
    async def clear(self, account: str) -> None:
        for key, tally in self._tallies.items():
            if tally.account == account:
                self._tallies[key] = replace(tally, wrong=0)

    @override
    async def purge(self, before: datetime) -> None:
        for key, tally in list(self._tallies.items()):
            if tally.last_at < before and not tally.trusted:
                del self._tallies[key]


class MemoryLinkStore(LinkStore):
    """Keeps tokens in a dict by user and purpose."""

    def __init__(self) -> None:
        """Start empty."""
        self._links: dict[tuple[UUID, Purpose], Link] = {}

    @override
    async def find(self, digest: str, purpose: Purpose) -> Link | None:
        for link in self._links.values():
            if (link.digest, link.purpose) == (digest, purpose):
                return link
        return None

    @override
    async def save(self, link: Link) -> None:
        self._links[link.user_id, link.purpose] = link

    @override
    async def take(self, digest: str, purpose: Purpose) -> Link | None:
        link = await self.find(digest, purpose)
        if link is not None:
            del self._links[link.user_id, purpose]
        return link

    @override
    async def drop(self, user_id: UUID, purpose: Purpose | None = None) -> None:
        for each in (purpose,) if purpose is not None else Purpose:
            self._links.pop((user_id, each), None)

    @override
    async def purge(self, before: datetime) -> None:
        for key, link in list(self._links.items()):
            if link.expires_at < before:
                del self._links[key]


class MemoryFactorStore(FactorStore):
    """Keeps authenticators and recovery codes in dicts by user."""

    def __init__(self) -> None:
        """Start empty."""
        self._factors: dict[UUID, Factor] = {}
        self._codes: dict[UUID, set[str]] = {}

    @override
    async def find(self, user_id: UUID) -> Factor | None:
        return self._factors.get(user_id)

    @override
    async def save(self, factor: Factor) -> None:
        self._factors[factor.user_id] = factor

    @override
    async def take_step(self, user_id: UUID, step: int) -> bool:
        factor = self._factors.get(user_id)
        if factor is None or factor.last_step >= step:
            return False
        self._factors[user_id] = replace(factor, last_step=step)
        return True

    @override
    async def remove(self, user_id: UUID) -> None:
        self._factors.pop(user_id, None)
        self._codes.pop(user_id, None)

    @override
    async def set_codes(self, user_id: UUID, digests: tuple[str, ...]) -> None:
        self._codes[user_id] = set(digests)

    @override
    async def take_code(self, user_id: UUID, digest: str) -> bool:
        left = self._codes.get(user_id, set())
        taken = digest in left
        left.discard(digest)
        return taken

    @override
    async def codes_left(self, user_id: UUID) -> int:
        return len(self._codes.get(user_id, ()))


class PaperSafe(Safe):
    """Writes the owner beside the secret and hides nothing."""

    @override
    def seal(self, text: str, *, owner: str) -> str:
        return f"{owner}:{text}"

    @override
    def open(self, sealed: str, *, owner: str) -> str | None:
        mine, _, text = sealed.partition(":")
        return text if mine == owner else None


class ListedPasswords(BreachedPasswords):
    """Knows the passwords it was made with."""

    def __init__(self, *known: str) -> None:
        """Know `known`."""
        self._known = frozenset(known)

    @override
    async def has(self, spellings: frozenset[str]) -> bool:
        return not self._known.isdisjoint(spellings)


class PlainHasher(Hasher):
    """Marks a password instead of hashing it; keeps what was compared with what."""

    def __init__(self, mark: str = "plain") -> None:
        """Put `mark:` before each password."""
        self._mark = mark
        self.compared: list[str | None] = []

    @override
    async def hash(self, password: str) -> str:
        return f"{self._mark}:{password}"

    @override
    async def matches(self, password: str, password_hash: str | None) -> bool:
        self.compared.append(password_hash)
        _, _, stored = (password_hash or "").partition(":")
        return password_hash is not None and stored == password

    @override
    def stale(self, password_hash: str) -> bool:
        return not password_hash.startswith(f"{self._mark}:")
