"""Taking secrets out of a stream of bytes, however they are written in it.

Standard library only, and small: the launcher uses it.
"""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Final

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.reading import Piece, Reading, reading_of

MARK: Final = b"***"
SHORTEST = 4  # characters
LONGEST = 32 * 1024  # bytes

_JSON_PLAIN = re.compile(rb"[A-Za-z0-9 ._-]")  # no encoder touches these
_JSON_SHORT = dict(zip(b'"\\/\b\f\n\r\t', b'"\\/bfnrt', strict=True))
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_PERCENT_PLUS = re.compile(rb"%2[Bb]")
_PERCENT_SLASH = re.compile(rb"%2[Ff]")
_ALIKE_BASE64 = {  # of the URL-safe alphabet, and as a part of a URL
    b"+": (b"-", b"%2B", b"%2b"),
    b"/": (b"_", b"%2F", b"%2f"),
    b"=": (b"%3D", b"%3d"),
}
_STANDARD = bytes.maketrans(b"-_", b"+/")
_BREAKS = (b"", b"\n", b"\r\n", b"\\n", b"\\r\\n")  # of wrapped base64, also quoted
_LEAD = (0, 2, 3)  # characters that an encoding shares with the bytes before
_EATEN = re.compile(rb"^[0-9A-Fa-f]{1,2}")  # by a percent sign that stands before
_EATEN_BASE64 = re.compile(rb"^[2BbFfnr]{1,4}")  # by that, or a backslash
_SHOWN = 2  # characters of base64 before the end of a line
_TRIED = 6  # pieces that are looked for at once
_WALKED = 20_000  # bytes that beginnings may be tried for one by one

View = Callable[[bytes], bytes]


class SecretRefused(FairleadError):
    """A secret is too short or too long to be looked for."""

    kind = ErrorKind.INVALID
    code = "redaction.secret_refused"


def refuse(secret: str, *, name: str = "A secret") -> None:
    """Refuse what cannot be redacted; the message tells the `name`, not the value.

    Raises:
        SecretRefused: it has fewer than 4 characters or more than 32 KiB.
    """
    if len(secret) < SHORTEST:
        raise SecretRefused(
            f"{name} has fewer than {SHORTEST} characters, so hiding it in output "
            "would hide much else; use a longer one.",
            shortest=SHORTEST,
        )
    if len(_bytes(secret)) > LONGEST:
        raise SecretRefused(
            f"{name} is longer than {LONGEST} bytes; pass it as a file.",
            longest=LONGEST,
        )


class Form:
    """One way in which a secret may appear: pieces, each written in one of its ways."""

    def __init__(
        self,
        pieces: Iterable[Piece],
        *,
        view: View,
        whole: bytes = b"",
        core: bytes = b"",
        alone: bytes = b"",
        wrapped: bool = False,
    ) -> None:
        """Join neighbours that can be written in one way only.

        The `view` of data that this form is in has the `whole` in it, and at least
        the `core` if the data has escapes, which may begin before the form does; by
        default both are the longest stretch that is written in one way only. Where
        the data is as in `alone`, there is no other way to read it.
        """
        self._pieces = tuple(pieces)  # one for each character
        joined: list[Piece] = []
        for piece in self._pieces:
            if joined and len(piece) == len(joined[-1]) == 1:
                joined[-1] = (joined[-1][0] + piece[0],)
            else:
                joined.append(piece)
        self.pieces = tuple(joined)
        certain = [piece[0] for piece in joined if len(piece) == 1]
        self.view = view
        self.whole = whole or max(certain, key=len, default=b"")
        self.core = core if whole else self.whole
        self._alone = alone
        self.wrapped = wrapped
        self.longest = sum(max(map(len, piece)) for piece in joined)
        self._heads = {way[:1] for way in joined[0]}
        self._begins = _pattern(joined[:_TRIED])
        self.lines = any(b"\n" in way for piece in set(joined) for way in piece)

    @cached_property
    def reading(self) -> Reading | None:
        """How to search it as plain text; made when there is something to search."""
        return reading_of(self._pieces, wrapped=self.wrapped)

    def spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield stretches that together are all that `matches` yields, fast."""
        if self.reading is None:
            return self.matches(data)
        return self.reading.spans(data, self.walk)

    def matches(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield where it begins and ends, for every place it begins at."""
        found = self._begins.search(data)
        while found:
            start = found.start()
            end, _ = self.walk(data, start)
            if end >= 0:
                yield start, end
            found = self._begins.search(data, start + 1)

    def unfinished(self, data: bytes, last_line: int) -> int:
        """Return the first place from which `data` may go on to be this form.

        The length of `data` if there is none; `last_line` is where its last line
        begins.
        """
        size = len(data)
        floor = max(0, size - self.longest)
        if not self.lines:
            floor = max(floor, last_line)
        found, left = size, max(_WALKED // self.longest, 2)
        for head in self._heads:
            start = data.find(head, floor, found)
            while start >= 0 and not self.walk(data, start)[1]:
                start = data.find(head, start + 1, found)
                left -= 1
                if not left and self.reading is not None:
                    return self.reading.unfinished(data, floor, self.walk)
            if start >= 0:
                found = start
        return found

    def walk(self, data: bytes, start: int) -> tuple[int, bool]:  # noqa: C901 - hot
        """Return the furthest end from `start` (-1: none), and if it may go on."""
        size, goes_on = len(data), False
        places, index, count = {start}, 0, len(self.pieces)
        while index < count:
            if len(places) == 1 and index < len(self._alone):
                place = min(places)
                if size - place < len(self._alone) - index and data.endswith(
                    self._alone[index : index + size - place]
                ):
                    return -1, True
                usual = _alike(data, place, self._alone, index)
                if usual:
                    places, index = {place + usual}, index + usual
                    continue
            after = set()
            for place in places:
                for way in self.pieces[index]:
                    if data.startswith(way, place):
                        after.add(place + len(way))
                    elif size - place < len(way) and way.startswith(data[place:]):
                        goes_on = True
            if not after:
                return -1, goes_on
            places, index = after, index + 1
        return max(places), goes_on


class Secrets:
    """Secrets, prepared to be looked for; may be shared by many streams.

    A secret is found as it is, percent-encoded (any of its bytes), in base64 of either
    alphabet (whatever stands around it there, and wrapped over lines at any column),
    and with the escapes of JSON's strings.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        """Prepare `secrets`.

        Raises:
            SecretRefused: one is too short or too long.
        """
        self.forms: tuple[Form, ...] = tuple(
            form for secret in dict.fromkeys(secrets) for form in _forms(secret)
        )

    def redact(self, data: bytes) -> bytes:
        """Return `data`, which is whole, without the secrets."""
        redactor = Redactor(self)
        return redactor.feed(data) + redactor.finish()


class Redactor:
    """Takes the secrets out of one stream, however it is cut into chunks.

    Every byte that belongs to a form of a secret is taken out, and each run of such
    bytes is replaced by one `MARK`; no other byte is changed. What may be the
    beginning of a secret is held back until it is known, so never more than the
    longest form. But a line that has ended is given out though its last two characters
    might begin base64 that goes on in the next: else many lines came late.
    """

    def __init__(self, secrets: Secrets) -> None:
        """Begin a stream."""
        self._forms = secrets.forms
        self._held = b""
        self._covered = 0  # bytes of what is held that were given out, or hidden
        self._marked = False  # the last byte given out stands for a secret

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes in; return what is safe to be shown."""
        data = self._held + chunk if self._held else chunk
        last_line = data.rfind(b"\n") + 1
        keep = cut = size = len(data)
        ended = size if last_line < size else len(data.rstrip(b"\r\n")) - _SHOWN
        for form in self._forms:
            if form.lines or last_line < size:
                place = form.unfinished(data, last_line)
                keep = min(keep, place)
                if place < ended or not form.wrapped:
                    cut = min(cut, place)
        return self._give(data, cut, keep)

    def finish(self) -> bytes:
        """Return what was held back; the stream has ended."""
        size = len(self._held)
        return self._give(self._held, size, size)

    def _give(self, data: bytes, cut: int, keep: int) -> bytes:
        """Return what lies before `cut`, redacted, and hold what begins at `keep`."""
        spans = [match for form in self._present(data) for match in form.spans(data)]
        given: list[bytes] = []
        position = self._covered
        for start, end in sorted(spans):
            if start >= cut:
                break
            if end <= position:
                continue
            if start > position:
                given.append(data[position:start])
                self._marked = False
            if not self._marked:
                given.append(MARK)
                self._marked = True
            position = end
        if position < cut:
            given.append(data[position:cut])
            self._marked = False
            position = cut
        self._covered = max(position - keep, 0)
        self._held = data[keep:]
        return b"".join(given)

    def _present(self, data: bytes) -> Iterator[Form]:
        """Yield those forms that may be in it; a cheap look at each is enough."""
        escapes = b"%" in data or b"\\" in data
        views: dict[View, bytes] = {}
        for form in self._forms:
            view = form.view
            if view not in views:
                views[view] = view(data)
            if (form.core if escapes else form.whole) in views[view]:
                yield form


def _forms(secret: str) -> Iterator[Form]:
    refuse(secret)
    data = _bytes(secret)
    ways = {byte: _percent(byte) for byte in set(data)}
    stretches = (_EATEN.sub(b"", part) for part in data.split(b"%"))
    yield Form(
        (ways[byte] for byte in data),
        view=_unquoted,
        whole=_unplussed(data),
        core=_unplussed(max(stretches, key=len)),
        alone=b"" if b"%" in data else data,
    )
    for before, lead in enumerate(_LEAD):
        encoded = binascii.b2a_base64(bytes(before) + data, newline=False)[lead:]
        yield _base64(encoded)
    quoted = [_json(character) for character in secret]
    if any(len(piece) > 1 or b"\\" in piece[0] for piece in quoted):
        yield Form(quoted, view=_escaped)


def _percent(byte: int) -> Piece:
    """Return the ways to write a byte in a URL or a form."""
    high, low = b"%X" % (byte >> 4), b"%X" % (byte & 15)
    escapes = (b"%" + a + b for a in (high, high.lower()) for b in (low, low.lower()))
    plain = (b" ", b"+") if byte == ord(" ") else (bytes((byte,)),)
    return tuple(dict.fromkeys((*plain, *escapes)))


def _base64(encoded: bytes) -> Form:
    """Return the form; the last character and padding are there at an end only."""
    certain = encoded.rstrip(b"=")
    padding = len(encoded) - len(certain)
    end = b""
    if padding:
        certain, end = certain[:-1], certain[-1:]
    ways: dict[bytes, Piece] = {}
    for sign in {bytes((byte,)) for byte in encoded}:
        written = (sign, *_ALIKE_BASE64.get(sign, ()))
        ways[sign] = tuple(line + way for line in _BREAKS for way in written)
    first = (certain[:1], *_ALIKE_BASE64.get(certain[:1], ()))
    pieces = [first, *(ways[certain[at : at + 1]] for at in range(1, len(certain)))]
    if padding:
        pieces += [(*ways[sign], b"") for sign in (end, *(b"=",) * padding)]
    core = _EATEN_BASE64.sub(b"", certain)
    return Form(
        pieces, view=_unwrapped, whole=certain, core=core, alone=certain, wrapped=True
    )


def _json(character: str) -> Piece:
    """Return the ways in which encoders of JSON write a character."""
    plain = _bytes(character)
    if _JSON_PLAIN.fullmatch(plain):
        return (plain,)
    units = character.encode("utf-16-be", "surrogatepass")
    upper = b"".join(
        b"\\u%04X" % int.from_bytes(units[at : at + 2], "big")
        for at in range(0, len(units), 2)
    )
    escapes = [upper, upper.replace(b"\\U", b"\\u"), upper.lower()]
    if short := _JSON_SHORT.get(plain[0]):
        escapes.append(b"\\%c" % short)
    if plain != b"\\":
        escapes.append(plain)
    return tuple(dict.fromkeys(escapes))


def _alike(data: bytes, place: int, usual: bytes, index: int) -> int:
    """Return how far `data` is as usual: a power of two, or to the end of it."""
    length = len(usual) - index
    if data.startswith(usual[index:], place):
        return length
    length = 1 << (length.bit_length() - 1)
    while length and not data.startswith(usual[index : index + length], place):
        length >>= 1
    return length


def _unquoted(data: bytes) -> bytes:
    if b"%" in data:
        data = _PERCENT.sub(lambda found: bytes.fromhex(found[1].decode()), data)
    return _unplussed(data)


def _unplussed(data: bytes) -> bytes:
    return data.replace(b"+", b" ")


def _unwrapped(data: bytes) -> bytes:
    if b"\\" in data:
        data = data.replace(b"\\r", b"").replace(b"\\n", b"")
    data = data.translate(_STANDARD, b"\r\n")
    if b"%" in data:
        data = _PERCENT_SLASH.sub(b"/", _PERCENT_PLUS.sub(b"+", data))
    return data


def _escaped(data: bytes) -> bytes:
    return data if b"\\" in data else b""


def _pattern(pieces: Iterable[Piece]) -> re.Pattern[bytes]:
    groups = (b"|".join(map(re.escape, piece)) for piece in pieces)
    return re.compile(b"".join(b"(?:" + group + b")" for group in groups))


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogateescape")
