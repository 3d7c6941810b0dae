"""Whom addresses stand for."""

import pytest

from fairlead.kernel.addresses import forwarded, neighbourhood, without_port


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:DB8:1:2::", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("no:address", "no:address"),
        ("", ""),
    ],
)
def test_a_network_of_ipv6_is_one_place(address: str, place: str) -> None:
    assert neighbourhood(address) == place


@pytest.mark.parametrize(
    ("noted", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:51234", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "::ffff:203.0.113.9"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:51234", "2001:db8::1"),
        ("unknown", "unknown"),
        ("203.0.113.9:x", "203.0.113.9:x"),
        ("", ""),
    ],
)
def test_a_port_is_no_part_of_an_address(noted: str, address: str) -> None:
    assert without_port(noted) == address


@pytest.mark.parametrize(
    ("named", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("10.9.9.9, 203.0.113.9:4711, 10.0.0.1", "203.0.113.9"),
        ("10.0.0.2,10.0.0.1", ""),
        ("", ""),
    ],
)
def test_proxies_are_believed_up_to_the_first_stranger(
    named: str, address: str
) -> None:
    """What stands before anybody can write."""
    assert forwarded(named, ("10.0.0.1", "10.0.0.2")) == address
