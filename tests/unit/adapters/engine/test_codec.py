"""Payloads and fingerprints."""

import pytest

from fairlead.adapters.engine.codec import (
    decode,
    encode,
    encode_sorted,
    fingerprint,
)
from fairlead.kernel.engine import MAX_PAYLOAD, PayloadTooLarge


def test_payloads_come_back_as_json() -> None:
    """Tuples become lists; nothing becomes None; the order of members stays."""
    value = {"b": (1, 2.5), "a": None}

    assert decode(encode(value, what="It")) == {"b": [1, 2.5], "a": None}
    assert list(decode(encode(value, what="It"))) == ["b", "a"]
    assert decode(b"") is None


def test_the_limit_is_exact_and_names_what_passed_it() -> None:
    """The quotes count."""
    fits = "x" * (MAX_PAYLOAD - 2)

    assert len(encode(fits, what="It")) == MAX_PAYLOAD
    with pytest.raises(PayloadTooLarge, match="The signal"):
        encode(fits + "x", what="The signal")


def test_fingerprints_do_not_depend_on_the_order_of_members() -> None:
    """They do depend on everything else."""
    one = fingerprint("run", "a", encode_sorted({"x": 1, "y": 2}, what="It"))
    same = fingerprint("run", "a", encode_sorted({"y": 2, "x": 1}, what="It"))
    others = {
        fingerprint("sleep", "a", encode_sorted({"x": 1, "y": 2}, what="It")),
        fingerprint("run", "b", encode_sorted({"x": 1, "y": 2}, what="It")),
        fingerprint("run", "a", encode_sorted({"x": 1, "y": 3}, what="It")),
    }

    assert one == same
    assert one not in others
    assert len(others) == 3
    assert 0 <= one < 2**63
