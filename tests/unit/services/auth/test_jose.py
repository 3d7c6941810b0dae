"""Access tokens that attackers would try."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from fairlead.kernel.principal import DEFAULT_TENANT
from fairlead.services.auth.domain import Claims, SigningKey
from fairlead.services.auth.jose import JoseFormat
from fairlead.services.auth.public import Unauthenticated
from fairlead.services.auth.use_cases.keys import KeyRing
from fairlead.testing.fakes import FrozenClock

NOW = FrozenClock().now()
FORMAT = JoseFormat(issuer="fairlead", audience="fairlead")
KEY = FORMAT.new_key("one", at=NOW)
KEYS = {"one": KEY.public}
CLAIMS = Claims(
    user_id=UUID(int=10),
    user_name="ada",
    tenant_id=DEFAULT_TENANT,
    session_id=UUID(int=11),
    issued_at=NOW,
    expires_at=NOW + timedelta(minutes=15),
)
TOKEN = FORMAT.sign(CLAIMS, KEY)


def part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=="))
    return found


def encoded(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed(
    key: SigningKey = KEY, *, header: dict[str, Any] | None = None, **claims: Any
) -> str:
    """Return a rightly signed token with another header or other claims."""
    parts: dict[str, Any] = {"kty": "OKP", "crv": "Ed25519", "d": key.d}
    jwk = OKPKey.import_key(parts | {"x": key.public.x})
    body = {
        name: value
        for name, value in (part(TOKEN, 1) | claims).items()
        if value is not None
    }
    whole = {"alg": "Ed25519", "typ": "at+jwt", "kid": "one"} | (header or {})
    whole = {name: value for name, value in whole.items() if value is not None}
    return jws.serialize_compact(whole, json.dumps(body).encode(), jwk, ["Ed25519"])


def refused(token: str, *, at: timedelta = timedelta()) -> bool:
    try:
        FORMAT.read(token, KEYS, at=NOW + at)
    except Unauthenticated:
        return True
    return False


def test_what_was_signed_is_read() -> None:
    """Every claim comes back, and the header says what RFC 9068 asks for."""
    assert FORMAT.read(TOKEN, KEYS, at=NOW) == CLAIMS
    assert part(TOKEN, 0) == {"alg": "Ed25519", "typ": "at+jwt", "kid": "one"}
    assert not refused(signed())


def test_no_algorithm_is_no_signature() -> None:
    """`alg: none`, with an empty signature, in any spelling."""
    for name in ("none", "None", "NONE", ""):
        header = encoded({"alg": name, "typ": "at+jwt", "kid": "one"})
        assert refused(f"{header}.{TOKEN.split('.')[1]}.")


def test_the_public_key_is_no_shared_secret() -> None:
    """HS256 with the public key, raw or as text, is refused."""
    header = {"alg": "HS256", "typ": "at+jwt", "kid": "one"}
    payload = json.dumps(part(TOKEN, 1)).encode()
    for secret in (
        urlsafe_b64decode(KEY.public.x + "=="),
        KEY.public.x.encode(),
    ):
        forged = jws.serialize_compact(
            header, payload, OctKey.import_key(secret), ["HS256"]
        )
        assert refused(forged)


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"kid": None},
        {"kid": "two"},
        {"kid": "../one"},
        {"kid": "/etc/passwd"},
        {"kid": "one\0"},
        {"kid": "' OR 1=1 --"},
        {"jku": "https://example.org/keys"},
        {"x5u": "https://example.org/keys"},
        {"x5c": ["MIIB"]},
        {"cty": "at+jwt"},
    ],
    ids=str,
)
def test_other_headers_are_refused(header: dict[str, Any]) -> None:
    """The key is ours and known, and nothing in the header changes that."""
    assert refused(signed(header=header))


def test_a_key_in_the_header_is_not_used() -> None:
    """A token that brings its own key proves nothing."""
    own = FORMAT.new_key("one", at=NOW)
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": own.public.x}

    assert refused(signed(own))
    assert refused(signed(own, header={"jwk": jwk}))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "somebody"},
        {"aud": ["fairlead"]},
        {"aud": None},
        {"sub": None},
        {"sub": "ada"},
        {"sid": None},
        {"tid": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": 0},
        {"iat": 9_999_999_999},
        {"iat": -1},
        {"exp": 10**30},
        {"exp": 10**12},
        {"exp": -(10**15)},
        {"exp": True},
        {"name": ["ada"]},
        {"nbf": 9_999_999_999},
        {"nbf": "x"},
    ],
    ids=str,
)
def test_other_claims_are_refused(claims: dict[str, Any]) -> None:
    """Rightly signed is not enough: it must be from us, for us, now, and whole."""
    assert refused(signed(**claims))


def raw(header: bytes, payload: bytes) -> str:
    """Return a token with these very bytes, rightly signed."""
    parts = [urlsafe_b64encode(each).decode().rstrip("=") for each in (header, payload)]
    d = urlsafe_b64decode(KEY.d + "==")
    signature = Ed25519PrivateKey.from_private_bytes(d).sign(".".join(parts).encode())
    return ".".join((*parts, urlsafe_b64encode(signature).decode().rstrip("=")))


HEAD = b'{"alg":"Ed25519","typ":"at+jwt","kid":"one"}'
BODY = json.dumps(part(TOKEN, 1)).encode()


def test_what_is_said_twice_is_not_believed() -> None:
    """Two readers could take one each."""
    assert not refused(raw(HEAD, BODY))
    for member in ('"alg":"none"', '"alg":"Ed25519"', '"kid":"two"', '"kid":"one"'):
        assert refused(raw(HEAD.replace(b"{", f"{{{member},".encode(), 1), BODY))
    for claim in ('"name":"root"', '"name":"ada"', '"exp":9999999999', '"x":1,"x":2'):
        assert refused(raw(HEAD, BODY.replace(b"{", f"{{{claim},".encode(), 1)))


@pytest.mark.parametrize(
    "more",
    [
        '"crit":["exp"]',
        '"crit":["b64"],"b64":false',
        '"b64":false',
        '"crit":[]',
        '"zip":"DEF"',
        '"nonce":"x"',
    ],
)
def test_what_must_be_understood_is_refused(more: str) -> None:
    """Extensions change what is signed; we have none."""
    header = HEAD.replace(b"}", f",{more}}}".encode())
    assert refused(raw(header, BODY))
    _, claims, signature = raw(header, BODY).split(".")
    assert refused(f"{encoded(json.loads(header))}..{signature}")
    assert refused(f"{encoded(json.loads(header))}.{claims}.{signature}")


@pytest.mark.parametrize("text", [b"[" * 2500, b'{"a":' * 500, b"null", b"1", b'"x"'])
def test_headers_and_claims_of_another_form_are_refused(text: bytes) -> None:
    assert refused(raw(text, BODY))
    assert refused(raw(HEAD, text))


def test_of_two_keys_with_one_id_ours_counts() -> None:
    """Whoever makes another key and calls it like ours gets nothing by it."""
    other = FORMAT.new_key("one", at=NOW)
    ring = KeyRing()
    ring.take([other.public, KEY.public], KEY)

    with pytest.raises(Unauthenticated):
        FORMAT.read(FORMAT.sign(CLAIMS, other), ring.public, at=NOW)
    assert FORMAT.read(TOKEN, ring.public, at=NOW) == CLAIMS


def test_a_token_ends_to_the_second() -> None:
    """Good until just before `exp`, and not at it."""
    quarter = timedelta(minutes=15)

    assert not refused(TOKEN, at=quarter - timedelta(milliseconds=1))
    assert refused(TOKEN, at=quarter)


def test_large_tokens_are_not_read() -> None:
    """Over 4 KiB nothing is decoded, however well signed."""
    assert refused(signed(filler="x" * 5000))


def test_claims_of_another_token_do_not_fit() -> None:
    """Header, claims and signature belong together."""
    other = FORMAT.sign(replace(CLAIMS, user_id=UUID(int=12)), KEY)
    head, _, signature = TOKEN.split(".")

    assert refused(".".join((head, other.split(".")[1], signature)))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_changed_character_passes(data: st.DataObject) -> None:
    """A token with one character changed is refused, or says exactly the same.

    The last character of base64 may carry unused bits; the bytes are then the same.
    """
    place = data.draw(st.integers(0, len(TOKEN) - 1))
    new = data.draw(st.characters(min_codepoint=1, max_codepoint=255))
    changed = TOKEN[:place] + new + TOKEN[place + 1 :]

    try:
        assert FORMAT.read(changed, KEYS, at=NOW) == CLAIMS
    except Unauthenticated:
        return
    last_of_a_part = changed[place + 1 : place + 2] in {"", "."}
    assert changed == TOKEN or last_of_a_part


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_.-]{0,80}")))
def test_any_text_is_refused_and_nothing_breaks(text: str) -> None:
    """Whatever comes as a token, the answer is the one error."""
    assert refused(text)


@settings(max_examples=100, deadline=None)
@given(
    header=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["alg", "typ", "kid", "b64"]), inner)
        ),
        max_leaves=5,
    )
)
def test_any_header_is_refused_and_nothing_breaks(header: Any) -> None:
    """Headers of any JSON are refused alike."""
    _, claims, signature = TOKEN.split(".")

    assert refused(f"{encoded(header)}.{claims}.{signature}")
