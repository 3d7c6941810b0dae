"""Redaction: against a slow definition, and against the encoders people use."""

import base64
import json
import urllib.parse
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.kernel.redaction import (
    MARK,
    Redactor,
    SecretRefused,
    Secrets,
    refuse,
)

COMPONENT = "-_.!~*'()"  # what encodeURIComponent leaves as it is
WHOLE = COMPONENT + ";,/?:@&=+$#"  # encodeURI

# few letters, so that secrets overlap, repeat and nearly appear
letters = st.sampled_from("ab+/%= é\n")
narrow = st.text(letters, min_size=4, max_size=7)
wide = st.text(
    st.characters(exclude_characters="*", exclude_categories=["Cs"]),
    min_size=4,
    max_size=40,
)
secrets = st.one_of(narrow, wide)


def lower(text: str) -> str:
    """Write the hexadecimal digits of percent-encoding in lower case."""
    head, *rest = text.split("%")
    return head + "".join("%" + part[:2].lower() + part[2:] for part in rest)


URL: tuple[Callable[[str], str], ...] = (
    urllib.parse.quote,
    urllib.parse.quote_plus,
    lambda text: urllib.parse.quote(text, safe=""),
    lambda text: urllib.parse.quote(text, safe=COMPONENT),
    lambda text: urllib.parse.quote(text, safe=WHOLE),
    lambda text: urllib.parse.quote(text, safe="*-._").replace("~", "%7E"),
    lambda text: "".join(
        f"%{byte:02X}" if byte > 127 else chr(byte) for byte in text.encode()
    ),
)
written = st.sampled_from(
    [str, *URL, *(lambda text, encode=encode: lower(encode(text)) for encode in URL)]
)


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut anywhere but after a line, which is then given out at once."""
    inner = {cut % (len(data) + 1) for cut in cuts}
    kept = {cut for cut in inner if data[cut - 1 : cut] != b"\n"}
    return [data[a:b] for a, b in pairwise(sorted({0, len(data), *kept}))]


def stream(made: Secrets, chunks: list[bytes]) -> bytes:
    redactor = Redactor(made)
    return b"".join([*(redactor.feed(chunk) for chunk in chunks), redactor.finish()])


def defined(made: Secrets, data: bytes) -> bytes:
    """Cover each occurrence of each form; replace each run of what is covered."""
    covered = bytearray(len(data) + 1)
    for form in made.forms:
        for start, end in form.matches(data):
            covered[start:end] = b"\1" * (end - start)
    out = bytearray()
    for at in range(len(data)):
        if not covered[at]:
            out.append(data[at])
        elif not at or not covered[at - 1]:
            out += MARK
    return bytes(out)


@given(
    st.lists(secrets, min_size=1, max_size=3),
    st.lists(st.one_of(st.integers(0, 2), st.text(letters, max_size=6)), max_size=12),
    st.lists(st.integers(0, 400), max_size=30),
    written,
)
def test_any_split_gives_the_same(
    words: list[str], parts: list[int | str], cuts: list[int], write: Callable[..., str]
) -> None:
    """Cut anywhere, the stream comes out as the definition says of the whole."""
    text = "".join(
        part if isinstance(part, str) else write(words[part % len(words)])
        for part in parts
    )
    made, data = Secrets(words), text.encode()

    expected = defined(made, data)
    assert stream(made, split(data, cuts)) == expected
    assert stream(made, split(data, list(range(len(data))))) == expected
    assert made.redact(data) == expected


@given(secrets, written, st.text(max_size=5), st.text(max_size=5))
def test_no_written_form_survives(
    secret: str, write: Callable[..., str], before: str, after: str
) -> None:
    form = write(secret).encode()
    shown = Secrets([secret]).redact(before.encode() + form + after.encode())

    assert form not in shown.replace(MARK, b"\0")
    assert MARK in shown


@given(
    secrets,
    st.binary(max_size=8),
    st.binary(max_size=8),
    st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]),
    st.sampled_from(["padded", "bare", "%3D", "%3d"]),
)
def test_no_base64_survives(
    secret: str,
    before: bytes,
    after: bytes,
    encode: Callable[[bytes], bytes],
    padding: str,
) -> None:
    """At every alignment only the characters shared with neighbours are left."""
    data = secret.encode()
    text = encode(before + data + after)
    if padding != "padded":
        text = text.replace(b"=", b"" if padding == "bare" else padding.encode())
    shown = Secrets([secret]).redact(b"<" + text + b">")

    assert MARK in shown
    first = -(-len(before) * 8 // 6)  # the first character that is the secret's alone
    last = (len(before) + len(data)) * 8 // 6
    assert text[first:last] not in shown.replace(MARK, b"\0")
    if not before and not after:
        assert shown == b"<" + MARK + b">"


@given(
    secrets,
    st.binary(max_size=8),
    st.binary(max_size=8),
    st.integers(1, 80),
    st.sampled_from(["\n", "\r\n", "\\n", "\\r\\n"]),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_no_wrapped_base64_survives(
    secret: str, before: bytes, after: bytes, column: int, line: str, cuts: list[int]
) -> None:
    """Wrapped at any column, as `base64` and MIME do, nothing of its own is left."""
    data = secret.encode()
    text = base64.b64encode(before + data + after).decode().rstrip("=")
    first = -(-len(before) * 8 // 6)
    last = (len(before) + len(data)) * 8 // 6
    marked = text[:first] + "\0" * (last - first) + text[last:]
    wrapped, expected = (
        line.join(whole[at : at + column] for at in range(0, len(whole), column))
        for whole in (text, marked)
    )
    begin, end = expected.index("\0"), expected.rindex("\0") + 1
    shown = stream(Secrets([secret]), split(wrapped.encode(), cuts)).decode()

    assert shown.startswith(wrapped[:begin][: -len(MARK)] if first else "")
    assert wrapped[begin:end] not in shown
    assert len(shown.replace("***", "")) <= len(wrapped) - (end - begin)


@given(secrets, st.data(), st.lists(st.integers(0, 400), max_size=8))
def test_no_mixture_of_percent_encoding_survives(
    secret: str, data: st.DataObject, cuts: list[int]
) -> None:
    """Whichever bytes are encoded, with digits in upper or lower case."""
    written = bytearray()
    for byte in secret.encode():
        ways = [b"%%%02X" % byte, b"%%%02x" % byte, bytes((byte,))]
        written += data.draw(st.sampled_from(ways))
    shown = stream(Secrets([secret]), split(b"<" + written + b">", cuts))

    assert shown == b"<***>"


@given(wide, st.booleans(), st.lists(st.integers(0, 400), max_size=8))
def test_no_json_string_survives(secret: str, plain: bool, cuts: list[int]) -> None:
    """As encoders of JSON write it, with `/` escaped too."""
    text = json.dumps(secret, ensure_ascii=not plain)[1:-1]
    for written in (text, text.replace("/", "\\/")):
        whole = f"<{written}>".encode()
        shown = stream(Secrets([secret]), split(whole, cuts))
        assert shown == b"<***>"


def test_encodings_that_begin_amid_others_are_found() -> None:
    """What stands before may look like the begin of an escape."""
    made = Secrets(["2Babcdef", "%41%42%43", "nature/x"])

    assert made.redact(b"%2Babcdef %%41%2542%43 %") == b"%*** %*** %"
    assert b"nat" not in made.redact(b"\\nature\\/x %%6eature/x")


def test_an_ended_line_is_given_out_at_once() -> None:
    """Of base64 that goes on in a later chunk no more than two characters are left."""
    secret = "hunter2+tiger"
    text = base64.b64encode(secret.encode())
    for at in range(1, len(text)):
        redactor = Redactor(Secrets([secret]))
        first = redactor.feed(b"done " + text[:at] + b"\n")
        rest = redactor.feed(text[at:] + b"\n") + redactor.finish()
        whole = b"done " + text[:at] + b"\n" if at <= 2 else b"done "
        assert (first, rest) == (whole, b"***\n")


def test_wrapped_lines_without_a_secret_are_given_out_whole() -> None:
    redactor = Redactor(Secrets(["hunter2+tiger"]))
    wrapped = base64.encodebytes(b"nothing to see here, or is there? " * 5)

    assert redactor.feed(wrapped) + redactor.finish() == wrapped


@given(wide, st.text(max_size=200))
def test_nothing_else_is_changed(secret: str, text: str) -> None:
    """Text without any form of the secret comes out as it went in."""
    made = Secrets([secret])
    data = text.encode()
    if not any(list(form.matches(data)) for form in made.forms):
        assert made.redact(data) == data


def test_only_what_may_begin_a_secret_is_held_back() -> None:
    redactor = Redactor(Secrets(["hunter2+tiger"]))

    assert redactor.feed(b"a prompt: ") == b"a prompt: "
    assert redactor.feed(b"hunter2%2") == b""
    assert redactor.feed(b"op\n") == b"hunter2%2op\n"
    assert redactor.feed(b"hunter2%2Btiger") == b"***"
    assert redactor.feed(b" hunter2") == b" "
    assert redactor.finish() == b"hunter2"


def test_overlapping_secrets_leave_nothing_of_either() -> None:
    made = Secrets(["abcdef", "defghi", "abc-de"])

    assert made.redact(b"<abcdefghi abcdefabcdef abc-d>") == b"<*** *** abc-d>"


def test_secrets_of_several_lines_are_found() -> None:
    made = Secrets(["-----BEGIN-----\nabc\n-----END-----"])
    chunks = [b"x\n-----BEGIN-----\n", b"abc\n", b"-----END-----\ny\n"]

    assert stream(made, chunks) == b"x\n***\ny\n"


@pytest.mark.parametrize("secret", ["", "abc", "äöü"])
def test_short_secrets_are_refused_by_name(secret: str) -> None:
    with pytest.raises(SecretRefused, match="fewer than 4 characters"):
        Secrets(["long enough", secret])
    with pytest.raises(SecretRefused, match="DEPLOY_TOKEN has fewer than 4") as caught:
        refuse(secret, name="DEPLOY_TOKEN")
    assert not secret or secret not in caught.value.message


def test_long_secrets_are_refused() -> None:
    with pytest.raises(SecretRefused, match="longer than 32768 bytes"):
        Secrets(["x" * 40_000])


def test_bytes_that_are_no_text_are_found() -> None:
    """As the environment hands them to Python."""
    secret = b"p\xffss\xfeword".decode("utf-8", "surrogateescape")

    assert Secrets([secret]).redact(b"<p\xffss\xfeword p%FFss%FEword>") == b"<*** ***>"
