"""Data read as one form of a secret may be written: as the characters it stands for.

Standard library only: the launcher uses it. A plain search in what was read takes time
in proportion to it, whatever is repeated in it; trying each beginning does not.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

Piece = tuple[bytes, ...]  # ways to write one stretch of a secret
Walk = Callable[[bytes, int], tuple[int, bool]]

_BREAK: Final = rb"(?:\r\n|\n|\\r\\n|\\n)"
_BREAKS: Final = (b"\r", b"\n", b"\\")
_FIRST_CODE: Final = 256  # of what no single byte stands for
_UNIT: Final = 4096


class Text:
    """What was read: one character for each way of a piece, and where each was."""

    def __init__(self, text: str, places: list[tuple[int, int, int, int]]) -> None:
        """Remember `places`: index, and where break, way and end are, of long ways."""
        self.text = text
        self.places = places
        self._indexes = [index for index, *_ in places]

    def start(self, index: int) -> int:
        """Return where a character begins, without the break before it."""
        nearest = bisect_right(self._indexes, index) - 1
        if nearest < 0:
            return index
        place, _, start, end = self.places[nearest]
        return start if place == index else end + index - place - 1

    def end(self, index: int) -> int:
        """Return where the character before `index` ends."""
        nearest = bisect_right(self._indexes, index - 1) - 1
        if nearest < 0:
            return index
        place, _, _, end = self.places[nearest]
        return end + index - 1 - place


class Reading:
    """Finds a form all of whose ways can be told apart wherever they are read."""

    def __init__(
        self, pieces: Sequence[Piece], codes: dict[bytes, str], *, wrapped: bool
    ) -> None:
        """Read each way as its code; with `wrapped`, a break may be before it."""
        tail = next((n for n, piece in enumerate(pieces) if b"" in piece), len(pieces))
        self._pieces, self._tail = pieces[:tail], pieces[tail:]
        self._codes, self._wrapped = codes, wrapped
        self._wanted = "".join(codes[bare(piece, wrapped)[0]] for piece in self._pieces)
        self._alike = {way[0]: codes[way] for way in codes if len(way) == 1}
        self._token = _token(codes, wrapped=wrapped)
        self._partial = self._beginnings()
        self._longest_partial = max(map(len, self._partial), default=0)
        most = sum(max(map(len, piece)) for piece in self._tail)
        self._slack = self._longest_partial + most  # characters not known for good
        self._firsts = {part[0] for part in self._partial}
        self._fallback: list[int] = []
        self._unit = ""

    def read(self, data: bytes) -> Text:
        """Read all of `data`, from its beginning."""
        text = data.decode("latin-1").translate(self._alike)
        if self._token is None:
            return Text(text, [])
        parts: list[str] = []
        places: list[tuple[int, int, int, int]] = []
        size, done = 0, 0
        for found in self._token.finditer(data):
            begin, end = found.span()
            start = found.start(1) if self._wrapped and found[1] is not None else begin
            parts += (text[done:begin], self._codes[data[start:end]])
            size += begin - done
            places.append((size, begin, start, end))
            size, done = size + 1, end
        parts.append(text[done:])
        return Text("".join(parts), places)

    def spans(self, data: bytes, walk: Walk) -> Iterator[tuple[int, int]]:
        """Yield stretches that together are all of every place the form is at.

        `walk` is for beginnings inside of a way that has several bytes.
        """
        read = self.read(data)
        wanted, length = self._wanted, len(self._wanted)
        index = read.text.find(wanted)
        while index >= 0:
            last, step = self._run(read.text, index)
            end = read.end(last + length)
            if self._tail:  # it has three pieces at most
                for start in range(last, max(index, last - len(self._tail)) - 1, -step):
                    end = max(end, self._ending(data, read.end(start + length))[0])
            yield read.start(index), end
            index = read.text.find(wanted, last + 1)
        for begin, known, index in self._inside(read, data, 0):
            if not known:
                end, _ = walk(data, begin)
            elif read.text.startswith(wanted[known:], index):
                end = self._ending(data, read.end(index + length - known))[0]
            else:
                continue
            if end >= 0:
                yield begin, end

    def unfinished(self, data: bytes, floor: int, walk: Walk) -> int:
        """Return the first place from which `data` may go on to be the form.

        Beginnings inside of a long way are looked for from `floor` on.
        """
        read = self.read(data)
        found = min(self._open_end(read, data), self._open(read, data))
        for begin, known, index in self._inside(read, data, floor):
            if begin >= found:
                break
            sure = len(read.text) - self._slack
            part = read.text[index : max(sure, index)][: len(self._wanted) - known]
            if known and len(part) == len(self._wanted) - known:
                continue  # whether it is the form or not, it has ended
            if self._wanted.startswith(part, known) and walk(data, begin)[1]:
                return begin
        return found

    def _open(self, read: Text, data: bytes) -> int:
        """Return the first character from which the end may go on to be the form."""
        size, length = len(data), len(read.text)
        found = size
        for cut in range(min(length, size, self._longest_partial) + 1):
            rest = data[size - cut :]
            if cut and rest not in self._partial:
                continue
            if read.start(length - cut) == size - cut:  # not inside of a way
                known = self._known(read.text[: length - cut], rest)
                if known >= 0:
                    found = min(found, read.start(length - cut - known))
        return found

    def _known(self, text: str, rest: bytes) -> int:
        """Return how many characters at the end of `text` may go on with `rest`.

        The most there are; -1: none.
        """
        if not self._fallback:
            self._fallback = _fallback(self._wanted)
        wanted, fallback, length = self._wanted, self._fallback, len(self._wanted)
        known = 0
        for character in text[-length:]:
            while known and (known == length or wanted[known] != character):
                known = fallback[known]
            known += wanted[known] == character
        if known == length:
            known = fallback[known]
        if not rest:
            return known or -1
        while not any(way.startswith(rest) for way in self._pieces[known]):
            if not known:
                return -1
            known = fallback[known]
        return known

    def _open_end(self, read: Text, data: bytes) -> int:
        """Return the first place of a whole form whose end may yet be longer."""
        if not self._tail:
            return len(data)
        length = len(self._wanted)
        begin = max(0, len(read.text) - length - self._slack)
        index = read.text.find(self._wanted, begin)
        while index >= 0:
            if self._ending(data, read.end(index + length))[1]:
                return read.start(index)
            index = read.text.find(self._wanted, index + 1)
        return len(data)

    def _ending(self, data: bytes, place: int) -> tuple[int, bool]:
        """Return the furthest end of the pieces that may be missing, from `place`."""
        size, places, goes_on = len(data), {place}, False
        for piece in self._tail:
            after = set()
            for each in places:
                rest = data[each : each + len(piece[0]) + 8]
                for way in piece:
                    if data.startswith(way, each):
                        after.add(each + len(way))
                    elif size - each < len(way) and way.startswith(rest):
                        goes_on = True
            places = after
        return max(places), goes_on

    def _run(self, text: str, index: int) -> tuple[int, int]:
        """Return where the last of forms that overlap by half or more begins.

        And how far apart they begin.
        """
        if not self._fallback:
            self._fallback = _fallback(self._wanted)
        length = len(self._wanted)
        step = length - self._fallback[length]
        if 2 * step > length:
            return index, length
        if not self._unit:
            self._unit = self._wanted[-step:] * max(1, _UNIT // step)
        unit, end = self._unit, index + length
        while text.startswith(unit, end):
            end += len(unit)
        while len(unit) > step:
            half = len(unit) // step // 2 * step
            unit = unit[:half]
            if text.startswith(unit, end):
                end += half
        if text.startswith(unit, end):
            end += step
        return end - length, step

    def _inside(
        self, read: Text, data: bytes, floor: int
    ) -> Iterator[tuple[int, int, int]]:
        """Yield beginnings inside of ways of several bytes, if they look like it.

        With how many characters are known to be right, and where the text goes on
        after them; 0 are known where other ways may begin inside of the way.
        """
        heads = {way[0] for way in bare(self._pieces[0], self._wrapped)}
        for index, begin, start, end in read.places:
            for place in range(max(begin + 1, floor), end):
                if place == start or data[place] not in heads:
                    continue
                broken = place < start  # amid a break, which the way follows
                rest = data[place : place + 1 if broken else end]
                literal = rest.decode("latin-1").translate(self._alike)
                within = literal.startswith(self._wanted)
                if within or not self._firsts.isdisjoint(rest):
                    yield place, 0, index
                elif self._wanted.startswith(literal):
                    yield place, len(literal), index if broken else index + 1

    def _beginnings(self) -> frozenset[bytes]:
        """Return what a way of several bytes may begin with, itself left out."""
        ways = {way for piece in (*self._pieces, *self._tail) for way in piece}
        return frozenset(way[:cut] for way in ways for cut in range(1, len(way)))


def reading_of(pieces: Sequence[Piece], *, wrapped: bool) -> Reading | None:
    """Return how to read a form; None: its ways cannot always be told apart."""
    certain = [piece for piece in pieces if b"" not in piece]
    kinds = {frozenset(bare(piece, wrapped)) for piece in certain}
    codes: dict[bytes, str] = {}
    for number, ways in enumerate(sorted(map(sorted, kinds))):
        single = [way for way in ways if len(way) == 1]
        code = chr(single[0][0]) if single else chr(_FIRST_CODE + number)
        for way in ways:
            if way in codes:
                return None
            codes[way] = code
    if not certain or any(b.startswith(a) for a, b in pairwise(sorted(codes))):
        return None
    return Reading(pieces, codes, wrapped=wrapped)


def bare(piece: Piece, wrapped: bool) -> Piece:
    """Return the ways of a piece without a break before them."""
    if not wrapped:
        return piece
    return tuple(way for way in piece if not way.startswith(_BREAKS))


def _token(codes: dict[bytes, str], *, wrapped: bool) -> re.Pattern[bytes] | None:
    """Return what finds ways of several bytes; their breaks, if any, included."""
    long = [way for way in codes if len(way) > 1]
    parts = [_BREAK + b"(" + _any(list(codes)) + b")"] if wrapped else []
    parts += [_any(long)] if long else []
    return re.compile(b"|".join(parts), re.DOTALL) if parts else None


def _any(words: list[bytes]) -> bytes:
    """Return a pattern of `words`, none of which begins another; by their heads."""
    heads: dict[bytes, list[bytes]] = {}
    for word in words:
        heads.setdefault(word[:1], []).append(word[1:])
    singles = [head for head, rests in heads.items() if rests == [b""]]
    parts = [re.escape(h) + _any(rests) for h, rests in heads.items() if rests != [b""]]
    if singles:
        parts.append(b"[" + b"".join(map(re.escape, singles)) + b"]")
    return parts[0] if len(parts) == 1 else b"(?:" + b"|".join(parts) + b")"


def _fallback(text: str) -> list[int]:
    """Return, for each length of a beginning of `text`, its longest proper border."""
    borders, border = [0, 0], 0
    for character in text[1:]:
        while border and text[border] != character:
            border = borders[border]
        border += text[border] == character
        borders.append(border)
    return borders
