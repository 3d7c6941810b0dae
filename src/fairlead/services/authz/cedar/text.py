"""The text of a policy as tokens: bounds before it is parsed, and places in it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fairlead.services.authz.domain.policies import MAX_TEXT, Place, bad_text

MAX_TOKENS = 1_000  # of a statement
MAX_DEPTH = 24
MAX_CHAIN = 8

# As Cedar's own lexer has it; a text without carriage returns only.
_TOKEN = re.compile(
    r"(?P<gap>\s+|//[^\n]*)"
    r'|"(?:\\.|[^"\\])*"'
    r"|[A-Za-z_][A-Za-z0-9_]*|[0-9]+"
    r"|::|&&|\|\||[<>=!]=|[\s\S]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Text:
    """A policy's text, short and flat enough to be parsed.

    Attributes:
        tokens: Where each token begins and ends, without gaps and comments.
    """

    text: str
    tokens: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, text: str) -> "Text":
        """Take a text.

        Cedar's parser recurses without bound, so deep nesting is refused before it.

        Raises:
            BadPolicy: it is too long or too deep, or has control characters.
        """
        if len(text) > MAX_TEXT:
            raise bad_text(f"write at most {MAX_TEXT:,} characters", None)
        found = cls(text, tuple(_tokens(text)))
        strange = _strange(text)
        if strange is not None:
            raise bad_text("there is a control character", found.place(strange))
        found._check_depth()
        found._check_length()
        return found

    def place(self, offset: int) -> Place:
        """Return where `offset` is."""
        begin = self.text.rfind("\n", 0, offset) + 1
        return Place(
            line=self.text.count("\n", 0, offset) + 1, column=offset - begin + 1
        )

    def statement(self, number: int) -> tuple[int, int]:
        """Return where the statement of this number (from 0) begins and ends."""
        ends = [end for begin, end in self.tokens if self.text[begin:end] == ";"]
        after = ends[number - 1] if number else 0
        until = ends[number] if number < len(ends) else len(self.text)
        begins = (begin for begin, _ in self.tokens if begin >= after)
        return next(begins, after), until

    def find(self, number: int, *words: str) -> Place:
        """Return where the first of `words` is in a statement; else its beginning."""
        return self.mentioned(number, *words) or self.place(self.statement(number)[0])

    def mentioned(self, number: int, *words: str) -> Place | None:
        """Return where the first of `words` that a statement has is in it."""
        begin, end = self.statement(number)
        inside = [each for each in self.tokens if begin <= each[0] < end]
        for word in words:
            for first, last in inside:
                if self.text[first:last] in {word, f'"{word}"'}:
                    return self.place(first)
        return None

    def misused(self, number: int) -> Place:
        """Return where a statement says something else of `resource` than `in`."""
        begin, end = self.statement(number)
        words = [self.text[first:last] for first, last in self.tokens]
        used = [
            place
            for place, (first, _) in enumerate(self.tokens)
            if begin <= first < end and words[place] == "resource"
        ]
        for place in used:
            # The head may say `resource)` and no more.
            follower = words[place + 1 : place + 2]
            if follower != ["in"] and (place != used[0] or follower != [")"]):
                return self.place(self.tokens[place][0])
        return self.place(self.tokens[used[-1]][0] if used else begin)

    @property
    def statements(self) -> int:
        """Return how many statements there are, if it is well formed."""
        return sum(self.text[begin:end] == ";" for begin, end in self.tokens)

    def first_wrong(self, whole: Callable[[str], bool | None]) -> Place:
        """Return the first token after which nothing can be right any more.

        `whole` tells of a beginning of the text whether it can still become right.
        """
        good, bad = 0, len(self.tokens)
        while bad - good > 1:
            middle = (good + bad) // 2
            if whole(self.text[: self.tokens[middle - 1][1]]):
                good = middle
            else:
                bad = middle
        return self.place(self.tokens[bad - 1][0] if self.tokens else 0)

    def _check_length(self) -> None:
        """Refuse long statements: a chain of operators is as deep as it is long."""
        count = 0
        for begin, end in self.tokens:
            count = 0 if self.text[begin:end] == ";" else count + 1
            if count > MAX_TOKENS:
                raise bad_text(
                    f"write at most {MAX_TOKENS:,} words and signs in a statement",
                    self.place(begin),
                )

    def _check_depth(self) -> None:
        depth = chain = 0
        before = ""
        for begin, end in self.tokens:
            sign = self.text[begin:end]
            depth += (sign in _OPENING) - (sign in _CLOSING)
            if sign == ".":
                chain += 1
            elif before != ".":
                chain = 0
            if depth > MAX_DEPTH or chain > MAX_CHAIN:
                raise bad_text("it is nested too deeply", self.place(begin))
            before = sign


def _tokens(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _TOKEN.finditer(text) if match["gap"] is None]


def _strange(text: str) -> int | None:
    found = _CONTROL.search(text)
    if found is not None:
        return found.start()
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None
