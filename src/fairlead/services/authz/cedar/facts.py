"""What policies are told: who asks, where something is, and the circumstances."""

from collections.abc import Iterable
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from typing import Any

from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.services.authz.domain.scopes import parent_project
from fairlead.services.authz.public import ROOT


def user_of(who: Principal, groups: frozenset[str]) -> dict[str, Any]:
    """Return the caller as an entity of type `User`."""
    return {
        "uid": {"type": "User", "id": str(who.id)},
        "attrs": {
            "name": who.name,
            "kind": who.kind.value,
            "owner": owner_of(who),
            "groups": sorted(groups),
        },
        "parents": [],
    }


def owner_of(who: Principal) -> str:
    """Return the name of the user who answers for a caller; empty: nobody.

    A key is called `OWNER/KEY`, and no user has a slash in their name.
    """
    if who.kind is PrincipalKind.API_KEY:
        return who.name.partition("/")[0]
    return who.name if who.kind is PrincipalKind.USER else ""


def scopes_of(scopes: Iterable[str]) -> Iterable[dict[str, Any]]:
    """Return scopes and what they lie in as entities of type `Scope`."""
    waiting = set(scopes)
    waiting |= {parent_project(scope) for scope in waiting}
    for scope in waiting | {ROOT}:
        parents = [] if scope == ROOT else [{"type": "Scope", "id": _parent(scope)}]
        yield {"uid": {"type": "Scope", "id": scope}, "attrs": {}, "parents": parents}


def context_of(who: Principal, now: datetime) -> dict[str, Any]:
    """Return the circumstances: the time in UTC, and the address if there is one."""
    facts: dict[str, Any] = {
        "hour": now.hour,
        "minute": now.minute,
        "weekday": now.isoweekday(),
        "date": _extension("datetime", now.date().isoformat()),
        "epoch": int(now.timestamp()),
    }
    address = _address(who.origin.address)
    if address:
        facts["address"] = _extension("ip", address)
    return facts


def _parent(scope: str) -> str:
    project = parent_project(scope)
    return ROOT if project == scope else project


def _address(said: str) -> str:
    """Return an address in its plain form; empty: it is none."""
    try:
        address = ip_address(said.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)


def _extension(function: str, argument: str) -> dict[str, Any]:
    return {"__extn": {"fn": function, "arg": argument}}
