"""Taking secrets out of a stream of bytes, however they are written in it.

Standard library only, and small: the launcher uses it.
"""

import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from fairlead.kernel.errors import ErrorKind, FairleadError

MARK: Final = b"***"
SHORTEST = 4  # characters
LONGEST = 32 * 1024  # bytes

_PLAIN = re.compile(rb"[A-Za-z0-9._-]")  # no encoder touches these
_ALIKE = {b" ": (b"+",)}
_ALIKE_BASE64 = {b"+": (b"-",), b"/": (b"_",)}  # of the URL-safe alphabet
_LEAD = (0, 2, 3)  # characters that an encoding shares with the bytes before

Piece = tuple[bytes, ...]  # ways to write one stretch of a secret


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

    def __init__(self, pieces: Iterable[Piece]) -> None:
        """Join neighbours that can be written in one way only."""
        joined: list[Piece] = []
        for piece in pieces:
            if joined and len(piece) == len(joined[-1]) == 1:
                joined[-1] = (joined[-1][0] + piece[0],)
            else:
                joined.append(piece)
        self.pieces = tuple(joined)
        self.longest = sum(max(map(len, piece)) for piece in joined)
        certain = [piece[0] for piece in joined if len(piece) == 1]
        self.anchor = max(certain, key=len, default=b"")  # is in whatever matches
        self._heads = {way[:1] for way in joined[0]}
        self.lines = any(b"\n" in way for piece in joined for way in piece)

    def matches(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield where it begins and ends, for every place it begins at."""
        for way in self.pieces[0]:
            start = data.find(way)
            while start >= 0:
                end, _ = self._walk(data, start)
                if end >= 0:
                    yield start, end
                start = data.find(way, start + 1)

    def unfinished(self, data: bytes, last_line: int) -> int:
        """Return the first place from which `data` may go on to be this form.

        The length of `data` if there is none; `last_line` is where its last line
        begins.
        """
        size = len(data)
        floor = max(0, size - self.longest)
        if not self.lines:
            floor = max(floor, last_line)
        found = size
        for head in self._heads:
            start = data.find(head, floor, found)
            while start >= 0 and not self._walk(data, start)[1]:
                start = data.find(head, start + 1, found)
            if start >= 0:
                found = start
        return found

    def _walk(self, data: bytes, start: int) -> tuple[int, bool]:
        """Return the furthest end from `start` (-1: none), and if it may go on."""
        size, count = len(data), len(self.pieces)
        ways, furthest, goes_on = [(0, start)], -1, False
        while ways:
            index, position = ways.pop()
            if index == count:
                furthest = max(furthest, position)
                continue
            for way in self.pieces[index]:
                if data.startswith(way, position):
                    ways.append((index + 1, position + len(way)))
                elif size - position < len(way) and way.startswith(data[position:]):
                    goes_on = True
        return furthest, goes_on


class Secrets:
    """Secrets, prepared to be looked for; may be shared by many streams.

    A secret is found as it is, percent-encoded (each byte or not, so as any encoder
    does it) and in base64 of either alphabet, whatever stands around it there.
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
    longest form.
    """

    def __init__(self, secrets: Secrets) -> None:
        """Begin a stream."""
        self._forms = secrets.forms
        self._held = b""
        self._covered = 0  # bytes of what is held that belong to a secret
        self._marked = False  # the last byte given out stands for a secret

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes in; return what is safe to be shown."""
        data = self._held + chunk if self._held else chunk
        last_line = data.rfind(b"\n") + 1
        cut = size = len(data)
        for form in self._forms:
            if form.lines or last_line < size:
                cut = min(cut, form.unfinished(data, last_line))
        return self._give(data, cut)

    def finish(self) -> bytes:
        """Return what was held back; the stream has ended."""
        return self._give(self._held, len(self._held))

    def _give(self, data: bytes, cut: int) -> bytes:
        """Return what lies before `cut`, redacted, and hold the rest."""
        present = [form for form in self._forms if form.anchor in data]
        spans = [match for form in present for match in form.matches(data)]
        given: list[bytes] = []
        position = self._covered
        for start, end in sorted(spans):
            if start >= cut:
                break
            if start > position:
                given.append(data[position:start])
                self._marked = False
            if not self._marked:
                given.append(MARK)
                self._marked = True
            position = max(position, end)
        if position < cut:
            given.append(data[position:cut])
            self._marked = False
        self._covered = max(position - cut, 0)
        self._held = data[cut:]
        return b"".join(given)


def _forms(secret: str) -> Iterator[Form]:
    refuse(secret)
    data = _bytes(secret)
    yield Form(_ways(data[at : at + 1], _ALIKE) for at in range(len(data)))
    for before, lead in enumerate(_LEAD):
        encoded = binascii.b2a_base64(bytes(before) + data, newline=False)[lead:]
        yield Form(_base64(encoded))


def _base64(encoded: bytes) -> Iterator[Piece]:
    """Yield the pieces; the last character and padding are there at an end only."""
    certain = encoded.rstrip(b"=")
    padding = len(encoded) - len(certain)
    end = b""
    if padding:
        certain, end = certain[:-1], certain[-1:]
    for at in range(len(certain)):
        yield _ways(certain[at : at + 1], _ALIKE_BASE64)
    if padding:
        pads = [sign * padding for sign in (b"=", b"%3D", b"%3d")]
        ends = _ways(end, _ALIKE_BASE64)
        yield (*(way + pad for way in ends for pad in (*pads, b"")), b"")


def _ways(byte: bytes, alike: Mapping[bytes, Piece]) -> Piece:
    if _PLAIN.match(byte):
        return (byte,)
    upper = b"%%%02X" % byte[0]
    return tuple(dict.fromkeys((byte, *alike.get(byte, ()), upper, upper.lower())))


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogateescape")
