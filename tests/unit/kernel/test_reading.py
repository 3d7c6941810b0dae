"""The fast search for a form of a secret: against trying each beginning."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.kernel.redaction import Form, Redactor, Secrets

# Few letters, in all the ways they may be written: secrets repeat, overlap and nearly
# appear, ways begin inside of others, and breaks stand where they may and may not.
SECRETS = st.one_of(
    st.text(st.sampled_from("ab"), min_size=4, max_size=9),
    st.text(st.sampled_from('a6"\\\n'), min_size=4, max_size=7),
    st.text(st.sampled_from("61ae"), min_size=4, max_size=8),
    st.text(st.sampled_from("é\x00 "), min_size=4, max_size=6),
    st.builds(
        lambda part, times: part * times,
        st.text(st.sampled_from("ab6 +"), min_size=1, max_size=4),
        st.integers(4, 9),
    ),
)
BITS = st.sampled_from(
    [
        *("a", "b", "6", "1", "e", " ", "+", "é", "aaaa", "abab", "%", "%6", "=", "=="),
        *("%61", "%62", "%36", "%2B", "%2b", "%C3%a9", "%5C", "%0A", "%00", "\x00"),
        *("\\", "\\\\", "\\n", "\\r\\n", '\\"', '"', "\\u0061", "\\u00e9", "\\u00E9"),
        *(
            "\n",
            "\r\n",
            "\r",
            "A",
            "AA",
            "Y",
            "YW",
            "Fh",
            "Jh",
            "YmFh",
            "YWFh",
            "hYWFh",
        ),
    ]
)


def texts(secret: str, forms: list[Form]) -> st.SearchStrategy[bytes]:
    """Return data made of bits and of beginnings of what is looked for."""
    whole = [form.whole for form in forms if form.whole]
    part = st.builds(
        lambda data, cut: data[:cut], st.sampled_from(whole), st.integers(1, 12)
    )
    bits = st.one_of(
        BITS.map(str.encode), part, st.sampled_from([secret.encode(), *whole])
    )
    return st.lists(bits, max_size=14).map(b"".join)


def union(spans: "list[tuple[int, int]]", size: int) -> bytes:
    covered = bytearray(size)
    for start, end in spans:
        covered[start:end] = b"\1" * (end - start)
    return bytes(covered)


@settings(max_examples=200)
@given(SECRETS, st.data())
def test_it_finds_what_trying_each_beginning_finds(
    secret: str, draw: st.DataObject
) -> None:
    forms = list(Secrets([secret]).forms)
    data = draw.draw(texts(secret, forms))
    for form in forms:
        slow = union(list(form.matches(data)), len(data))

        assert union(list(form.spans(data)), len(data)) == slow


@settings(max_examples=200)
@given(SECRETS, st.data())
def test_it_knows_where_a_secret_may_have_begun(
    secret: str, draw: st.DataObject
) -> None:
    """As when each beginning is tried, also amid ways and before missing ends."""
    forms = list(Secrets([secret]).forms)
    data = draw.draw(texts(secret, forms))
    for form in forms:
        if form.reading is None:
            continue
        slow = (at for at in range(len(data)) if form.walk(data, at)[1])

        assert form.reading.unfinished(data, 0, form.walk) == next(slow, len(data))


@given(SECRETS, st.data(), st.lists(st.integers(0, 200), max_size=8))
def test_streams_come_out_as_the_whole_does(
    secret: str, draw: st.DataObject, cuts: list[int]
) -> None:
    """Cut anywhere but after a line."""
    made = Secrets([secret])
    data = draw.draw(texts(secret, list(made.forms)))
    inner = {cut % (len(data) + 1) for cut in cuts}
    places = sorted(
        {0, len(data), *(at for at in inner if data[at - 1 : at] not in {b"\n", b"\r"})}
    )
    redactor = Redactor(made)
    shown = b"".join(redactor.feed(data[a:b]) for a, b in pairwise(places))

    assert shown + redactor.finish() == made.redact(data)


@pytest.mark.parametrize("secret", ["a%b%25", "a+b c+d"])
def test_what_cannot_be_told_apart_is_tried_at_each_beginning(secret: str) -> None:
    """A percent sign may begin an escape, a plus sign be a space."""
    form = Secrets([secret]).forms[0]

    assert form.reading is None
    assert Secrets([secret]).redact(f"<{secret}>".encode()) == b"<***>"


@pytest.mark.parametrize("unit", ["a", "ab", "abcdefghi", "0123456789" * 40])
@pytest.mark.parametrize("escaped", [False, True])
def test_long_secrets_of_one_piece_are_found_in_output_of_it(
    unit: str, escaped: bool
) -> None:
    """Trying each beginning would take minutes: the limit of time is the test."""
    secret = (unit * (10_000 // len(unit)))[:10_000]
    data = (unit * (50_000 // len(unit))).encode()
    if escaped:
        data = data.replace(unit[:1].encode(), b"%%%02X" % ord(unit[0]), 1_000)
    redactor = Redactor(Secrets([secret]))
    shown = b"".join(
        redactor.feed(data[at : at + 4096]) for at in range(0, len(data), 4096)
    )
    shown += redactor.finish()

    rest = len(data) - len(data) // len(unit) * len(unit)
    assert shown.startswith(b"***")
    assert len(shown) <= 3 + rest + len(unit)
