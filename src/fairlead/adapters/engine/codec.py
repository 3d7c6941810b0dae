"""Payloads as JSON bytes, and the fingerprints steps are recognised by."""

import hashlib
from typing import Final

import msgspec

from fairlead.kernel.engine import MAX_PAYLOAD, Json, PayloadTooLarge

_ENCODER: Final = msgspec.json.Encoder()
_SORTED: Final = msgspec.json.Encoder(order="deterministic")
_DECODER: Final = msgspec.json.Decoder()


def encode(value: Json, *, what: str) -> bytes:
    """Return `value` as JSON; `what` names it in the error.

    Raises:
        PayloadTooLarge: it takes more than `MAX_PAYLOAD` bytes.
        TypeError: it is not JSON.
    """
    return _checked(_ENCODER.encode(value), what)


def encode_sorted(value: Json, *, what: str) -> bytes:
    """Return `value` as JSON that does not depend on the order of its members.

    Raises:
        PayloadTooLarge: it takes more than `MAX_PAYLOAD` bytes.
        TypeError: it is not JSON.
    """
    return _checked(_SORTED.encode(value), what)


def decode(data: bytes) -> Json:
    """Return what `data` says; empty bytes say None."""
    return _DECODER.decode(data) if data else None


def fingerprint(kind: str, name: str, payload: bytes) -> int:
    """Return 63 bits that tell one request of a workflow from another."""
    digest = hashlib.blake2b(payload, digest_size=8, key=f"{kind}:{name}".encode()[:64])
    return int.from_bytes(digest.digest(), "big") >> 1


def _checked(data: bytes, what: str) -> bytes:
    if len(data) > MAX_PAYLOAD:
        raise PayloadTooLarge(
            f"{what} takes {len(data)} bytes of JSON; pass what is larger than "
            f"{MAX_PAYLOAD} as a blob.",
            size=len(data),
            limit=MAX_PAYLOAD,
        )
    return data
