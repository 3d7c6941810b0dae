"""Module versions and the ranges they are asked for in (a part of PEP 440)."""

import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple, Self

from fairlead.kernel.errors import ErrorKind, FairleadError

_VERSION = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_CLAUSE = re.compile(r"(>=|<=|==|!=|~=|>|<)\s*([0-9.]+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


class BadVersion(FairleadError):
    """A version or a range of versions cannot be read."""

    kind = ErrorKind.INVALID
    code = "modules.bad_version"


class Version(NamedTuple):
    """A release number; missing parts are 0."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1`, `1.2` or `1.2.3`.

        Raises:
            BadVersion: `text` is something else.
        """
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            raise BadVersion(
                f"'{text}' is no version; write it like 1.2.3.", version=text
            )
        return cls(*(int(part or 0) for part in match.groups()))


def satisfies(version: str, wanted: str) -> bool:
    """Tell whether `version` lies in the comma-separated range `wanted`.

    `~=1.2` means `>=1.2, <2`; `~=1.2.3` means `>=1.2.3, <1.3`; empty means any.

    Raises:
        BadVersion: either cannot be read.
    """
    found = Version.parse(version)
    clauses = [clause for clause in wanted.split(",") if clause.strip()]
    return all(_holds(found, clause.strip()) for clause in clauses)


def _holds(found: Version, clause: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise BadVersion(
            f"'{clause}' is no version range; write it like '>=1.2'.", range=clause
        )
    sign, text = match.groups()
    bound = Version.parse(text)
    if sign != "~=":
        return _COMPARE[sign](found, bound)
    if text.count(".") < 2:  # noqa: PLR2004 - one dot: the minor may grow
        return found >= bound and found.major == bound.major
    return found >= bound and found[:2] == bound[:2]
