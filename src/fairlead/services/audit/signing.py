"""Signing with Ed25519: a key in a file of its own, and the public halves of all.

The keys are read when first needed, and so is the library (20 ms).
"""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from typing_extensions import override

from fairlead.services.audit.domain.proofs import Signatures
from fairlead.services.audit.key_files import write
from fairlead.services.audit.ports import Signer, VerifyingKey

FILE = "audit-ed25519.key"
PUBLIC = "audit-*.jwk"
RAW_BYTES = 32


def thumbprint(x: str) -> str:
    """Return the id of a public key: its JWK thumbprint (RFC 7638)."""
    text = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
    return _base64(hashlib.sha256(text.encode()).digest())


class PublicSignatures(Signatures):
    """Knows public keys by their ids; one whose id is not its own is left out."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """Take the `x` of each key by its id."""
        self._keys = {
            key_id: x for key_id, x in keys.items() if key_id == thumbprint(x)
        }

    @override
    def knows(self, key_id: str) -> bool:
        return key_id in self._keys

    @override
    def fits(self, key_id: str, text: bytes, signature: str) -> bool:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - late
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
            Ed25519PublicKey,
        )

        try:
            raw = _raw(self._keys[key_id])
            public = Ed25519PublicKey.from_public_bytes(raw)
            public.verify(bytes.fromhex(signature), text)
        except (KeyError, ValueError, InvalidSignature):
            return False
        return True


class KeySigner(Signer):
    """Signs with the key in `audit-ed25519.key` of a folder, made with mode 0600.

    The public halves of it and of those before it lie beside it as `audit-*.jwk`:
    moving the key away makes a new one, and what the old one signed stays verifiable.
    """

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which need not exist yet."""
        self._folder = folder
        self._private: Any = None
        self._id = ""
        self._known = PublicSignatures({})

    @override
    def key_id(self) -> str:
        if self._private is None:
            self._private, public = self._open()
            self._id = public.id
        return self._id

    @override
    def sign(self, text: bytes) -> str:
        self.key_id()
        signature: bytes = self._private.sign(text)
        return signature.hex()

    @override
    def public_keys(self) -> Sequence[VerifyingKey]:
        found: dict[str, VerifyingKey] = {}
        for path in self._folder.glob(PUBLIC):
            each = json.loads(path.read_text("ascii"))
            found[each["kid"]] = VerifyingKey(each["kid"], each["x"])
        present = self._id or (self.key_id() if self._file.exists() else "")
        return sorted(found.values(), key=lambda key: (key.id != present, key.id))

    @override
    def knows(self, key_id: str) -> bool:
        if not self._known.knows(key_id):
            self._known = PublicSignatures(
                {key.id: key.x for key in self.public_keys()}
            )
        return self._known.knows(key_id)

    @override
    def fits(self, key_id: str, text: bytes, signature: str) -> bool:
        return self.knows(key_id) and self._known.fits(key_id, text, signature)

    @property
    def _file(self) -> Path:
        return self._folder / FILE

    def _open(self) -> tuple[Any, VerifyingKey]:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
            Ed25519PrivateKey,
        )

        try:
            raw = bytes.fromhex(self._file.read_text("ascii").strip())
        except FileNotFoundError:
            raw = os.urandom(RAW_BYTES)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(self._file, raw.hex())
        private = Ed25519PrivateKey.from_private_bytes(raw)
        x = _base64(private.public_key().public_bytes_raw())
        public = VerifyingKey(thumbprint(x), x)
        jwk = self._folder / f"audit-{public.id}.jwk"
        if not jwk.exists():
            facts = {"kty": "OKP", "crv": "Ed25519", "kid": public.id, "x": x}
            write(jwk, json.dumps(facts))
        return private, public


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(x: str) -> bytes:
    return urlsafe_b64decode(x + "=" * (-len(x) % 4))
