"""What an API key is: its form, its limits, and how often it may be used."""

import hashlib
import hmac
import math
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Self
from uuid import UUID

from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import TenantId
from fairlead.services.auth.public import BadKey, KeyTooBusy

MARK = "flk_"
EVERYTHING = "*"
LONGEST_LIFE = timedelta(days=366)
LONGEST_OVERLAP = timedelta(days=7)
MOST = 100  # scopes, projects or networks of one key
SEEN = timedelta(minutes=1)
FORGET_KEY = timedelta(days=90)
BURST = 10.0  # seconds
ROUNDING = 1e-6

_FORM = re.compile(r"flk_([a-z2-7]{10})_[A-Za-z0-9_-]{43}")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,61}[A-Za-z0-9])?")
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOrder:
    """What a new key shall be.

    Attributes:
        scopes: Permissions; `*` for all its owner has.
        projects: Where; none: everywhere.
        networks: CIDRs it may be used from; none: anywhere.
        per_minute: Requests in the long run; 0: no limit.
        at_once: Requests at the same time; 0: no limit.
    """

    name: str
    scopes: tuple[str, ...]
    projects: tuple[UUID, ...] = ()
    networks: tuple[str, ...] = ()
    lifetime: timedelta = timedelta(days=90)
    per_minute: int = 0
    at_once: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key: whose it is and what narrows it; the secret itself is not kept.

    Attributes:
        prefix: The part of the key that finds it and may be shown.
        digest: Hex SHA-256 of the whole key.
        previous_digest: Of the key before a rotation, good until `previous_until`.
        used_at: To the minute.
    """

    id: UUID
    tenant_id: TenantId
    owner_id: UUID
    owner_name: str
    name: str
    prefix: str
    digest: str
    scopes: tuple[str, ...]
    projects: tuple[UUID, ...]
    networks: tuple[str, ...]
    per_minute: int
    at_once: int
    created_at: datetime
    expires_at: datetime
    previous_digest: str = ""
    previous_until: datetime | None = None
    used_at: datetime | None = None
    used_address: str = ""
    revoked_at: datetime | None = None

    def live(self, *, at: datetime) -> bool:
        """Tell whether it was neither revoked nor has expired."""
        return self.revoked_at is None and at < self.expires_at

    def fits(self, secret: str, *, at: datetime) -> bool:
        """Tell whether `secret` is this key, or the one before in its overlap."""
        digest = key_digest(secret)
        fits = hmac.compare_digest(digest, self.digest)
        until = self.previous_until
        if until is None or at >= until:
            return fits
        return hmac.compare_digest(digest, self.previous_digest) or fits

    def admits(self, address: str) -> bool:
        """Tell whether it may be used from `address`."""
        if not self.networks:
            return True
        parsed = plain_address(address)
        return parsed is not None and any(
            parsed in ip_network(network) for network in self.networks
        )

    def rotated(self, *, at: datetime, overlap: timedelta) -> tuple[Self, str]:
        """Return it with a new secret, and that; the old one is good for `overlap`.

        Raises:
            BadKey: the overlap is longer than a week.
        """
        if not timedelta() <= overlap <= LONGEST_OVERLAP:
            raise BadKey("Let the old key overlap for a week at most.", field="overlap")
        secret = _secret(self.prefix)
        changed = replace(
            self,
            digest=key_digest(secret),
            previous_digest=self.digest if overlap else "",
            previous_until=at + overlap if overlap else None,
        )
        return changed, secret


def make_key(
    order: KeyOrder, *, tenant: TenantId, owner: tuple[UUID, str], at: datetime
) -> tuple[ApiKey, str]:
    """Return a new key and its secret, which nobody can tell again.

    Raises:
        BadKey: the order breaks a rule; the message says which.
    """
    _check(order)
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(10))
    secret = _secret(prefix)
    owner_id, owner_name = owner
    key = ApiKey(
        id=new_id(),
        tenant_id=tenant,
        owner_id=owner_id,
        owner_name=owner_name,
        name=order.name,
        prefix=prefix,
        digest=key_digest(secret),
        scopes=tuple(sorted(set(order.scopes))),
        projects=tuple(sorted(set(order.projects))),
        networks=tuple(dict.fromkeys(str(network(each)) for each in order.networks)),
        per_minute=order.per_minute,
        at_once=order.at_once,
        created_at=at,
        expires_at=at + order.lifetime,
    )
    return key, secret


def _check(order: KeyOrder) -> None:
    if not _NAME.fullmatch(order.name):
        raise BadKey("Name the key with 1 to 63 letters or digits.", field="name")
    if not order.scopes:
        raise BadKey(
            "Name at least one permission, or '*' for all you have.", field="scopes"
        )
    if EVERYTHING in order.scopes and len(order.scopes) > 1:
        raise BadKey("'*' stands alone.", field="scopes")
    if max(map(len, (order.scopes, order.projects, order.networks))) > MOST:
        raise BadKey(f"A list of a key has at most {MOST} entries.", field="scopes")
    if not timedelta() < order.lifetime <= LONGEST_LIFE:
        raise BadKey(
            f"A key lives for 1 to {LONGEST_LIFE.days} days.", field="lifetime"
        )
    if order.per_minute < 0 or order.at_once < 0:
        raise BadKey("A limit is 0 (none) or more.", field="per_minute")


def network(text: str) -> Network:
    """Return the network that `text` names; an address alone is one.

    Raises:
        BadKey: it is none, or has bits set beyond its length.
    """
    found = None if "%" in text else _parsed(text)
    if found is None:
        raise BadKey(
            f"'{text[:60]}' is no network: write it as 10.0.0.0/8 or 2001:db8::/32.",
            field="networks",
        )
    if isinstance(found, IPv6Network) and getattr(
        found.network_address, "ipv4_mapped", None
    ):
        raise BadKey("Write a mapped network as IPv4.", field="networks")
    return found


def _parsed(text: str) -> Network | None:
    try:
        return ip_network(text.strip())
    except ValueError:
        return None


def plain_address(text: str) -> Address | None:
    """Return an address as networks know it: no zone, and IPv4 where it is mapped."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def prefix_of(secret: str) -> str | None:
    """Return the part a key is found by; None: it has another form than ours."""
    found = _FORM.fullmatch(secret)
    return None if found is None else found[1]


def key_digest(secret: str) -> str:
    """Return what is kept of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _secret(prefix: str) -> str:
    return f"{MARK}{prefix}_{secrets.token_urlsafe(32)}"


class KeyGates:
    """How much each key is used now; nothing here outlives the process."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        """Count the seconds of `steady`, which never goes back."""
        self._steady = steady
        self._full: OrderedDict[UUID, float] = OrderedDict()
        self._busy: dict[UUID, int] = {}
        self._most: dict[UUID, int] = {}

    def take(self, key: ApiKey) -> None:
        """Count a request: `per_minute`, and ten seconds' worth of them in a burst.

        Raises:
            KeyTooBusy: there were too many lately; `retry_after` in the details.
        """
        self._most[key.id] = key.at_once
        if not key.per_minute:
            return
        now, cost = self._steady(), 60 / key.per_minute
        full = max(self._full.pop(key.id, now), now) + cost
        wait = full - now - max(BURST, cost)
        late = wait > ROUNDING
        self._full[key.id] = full - cost if late else full
        while next(iter(self._full.values())) < now:
            self._full.popitem(last=False)
        if late:
            raise _busy(key.id, math.ceil(wait))

    @contextmanager
    def place(self, key_id: UUID) -> Iterator[None]:
        """Hold one of the places a key has for requests at the same time.

        Raises:
            KeyTooBusy: all are taken.
        """
        busy, most = self._busy.get(key_id, 0), self._most.get(key_id, 0)
        if most and busy >= most:
            raise _busy(key_id, 1)
        self._busy[key_id] = busy + 1
        try:
            yield
        finally:
            left = self._busy[key_id] - 1
            if left:
                self._busy[key_id] = left
            else:
                del self._busy[key_id]


def _busy(key_id: UUID, seconds: int) -> KeyTooBusy:
    return KeyTooBusy(
        "This key is used more than it may; wait a little.",
        key=str(key_id),
        retry_after=seconds,
    )
