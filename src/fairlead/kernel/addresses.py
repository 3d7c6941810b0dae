"""Whom an address stands for, where requests and guesses are counted."""

from collections.abc import Collection
from functools import lru_cache
from ipaddress import IPv6Address

LONGEST = 64  # of an address as it is written
HOME_BITS = 64  # what one household or machine is given in IPv6


def neighbourhood(address: str) -> str:
    """Return an IPv4 address as it is, and of an IPv6 address its /64 network.

    Otherwise whoever has such a network has billions of addresses to come from.
    """
    return _network(address) if ":" in address else address


def without_port(text: str) -> str:
    """Return an address as proxies note it, without the port that some of them add.

    With it every connection would come from somewhere else.
    """
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, _, port = text.rpartition(":")
    return host if ":" not in host and "." in host and port.isdigit() else text


def forwarded(named: str, proxies: Collection[str]) -> str:
    """Return the last address that `X-Forwarded-For` names and that is no proxy.

    Those before it anybody may have written; empty: there is none.
    """
    for name in reversed(named.split(",")):
        address = without_port(name.strip()[:LONGEST])
        if address not in proxies:
            return address
    return ""


@lru_cache(4096)
def _network(address: str) -> str:
    try:
        parsed = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> HOME_BITS << HOME_BITS))
