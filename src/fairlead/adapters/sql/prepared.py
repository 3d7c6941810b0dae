"""Reading statements that are executed again and again, without SQLAlchemy's way there.

For a read by key that way costs several times what SQLite needs. A statement which a
store keeps, and executes with parameters, is compiled once; from then on its text goes
straight to the driver, with the same conversions of what goes in and comes out.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import length_hint
from typing import Any
from weakref import WeakSet

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Dialect,
    Executable,
    RowMapping,
    Select,
)
from sqlalchemy.engine.result import (
    IteratorResult,
    MappingResult,
    SimpleResultMetaData,
)
from sqlalchemy.sql.compiler import SQLCompiler
from typing_extensions import override

from fairlead.adapters.sql.connection import Parameters, Rows

MOST = 1_000
Convert = Callable[[Any], Any]


class Columns:
    """What the rows of a statement consist of."""

    __slots__ = ("_convert", "_positions", "described")

    def __init__(self, columns: list[ColumnElement[Any]], dialect: Dialect) -> None:
        """Convert as the columns' types do; rows answer to names and to columns."""
        self._convert = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in columns
        ]
        self._positions: dict[Any, int] = {}
        for position, column in enumerate(columns):
            self._positions[column.name] = self._positions[column] = position
        self.described = SimpleResultMetaData(
            [column.name for column in columns],
            [(column,) for column in columns],
            _processors=self._convert,
        )

    def mapping(self, row: tuple[Any, ...]) -> RowMapping:
        """Return one row."""
        return RowMapping(self.described, self._convert, self._positions, row)


class Found(IteratorResult[*tuple[Any, ...]]):
    """The rows a statement found; quick for those who want mappings, as stores do."""

    def __init__(self, columns: Columns, rows: list[tuple[Any, ...]]) -> None:
        """Hold `rows` as the driver gave them."""
        super().__init__(columns.described, iter(rows))
        self._columns = columns
        self._rows = rows

    @override
    def mappings(self) -> Any:
        untouched = length_hint(self.iterator) == len(self._rows)
        if not untouched or self._metadata is not self._columns.described:
            return super().mappings()
        return FoundMappings(self, self._columns, self._rows)


class FoundMappings(MappingResult):
    """The same rows, by name."""

    def __init__(
        self, found: Found, columns: Columns, rows: list[tuple[Any, ...]]
    ) -> None:
        """Be as good as what `found` would make."""
        super().__init__(found)
        self._columns = columns
        self._rows = rows

    @override
    def first(self) -> RowMapping | None:
        return self._columns.mapping(self._rows[0]) if self._rows else None

    @override
    def one_or_none(self) -> RowMapping | None:
        return self.first() if len(self._rows) <= 1 else super().one_or_none()

    @override
    def all(self) -> Sequence[RowMapping]:
        return [self._columns.mapping(row) for row in self._rows]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One statement.

    Attributes:
        names: Of its parameters.
        binds: Of each `?` in `text` the parameter's name, and what converts its value.
    """

    text: str
    names: frozenset[str]
    binds: tuple[tuple[str, Convert | None], ...]
    columns: "Columns"

    def execute(self, driver: sqlite3.Connection, parameters: Parameters) -> Rows:
        """Return all rows; `parameters` has all of `names`.

        Raises:
            sqlite3.Error: SQLite says no.
        """
        values = [
            parameters[name] if convert is None else convert(parameters[name])
            for name, convert in self.binds
        ]
        found: Any = Found(self.columns, driver.execute(self.text, values).fetchall())
        rows: Rows = found
        return rows


class Preparations:
    """The statements of one database that are worth it: seen twice, as they were."""

    def __init__(self, dialect: Dialect) -> None:
        """Compile for `dialect`, SQLite's."""
        self._dialect = dialect
        self._seen: WeakSet[Executable] = WeakSet()
        self._known: dict[Executable, Prepared | None] = {}

    def of(self, statement: Executable) -> Prepared | None:
        """Return it prepared; None: SQLAlchemy executes it this time."""
        known = self._known.get(statement)
        if known is not None or statement in self._known:
            return known
        if statement not in self._seen:
            self._seen.add(statement)
        elif len(self._known) < MOST:
            self._known[statement] = _prepared(statement, self._dialect)
        return None


def _prepared(statement: Executable, dialect: Dialect) -> Prepared | None:
    """Compile what has a fixed text and columns to tell apart; None: it has not."""
    if not isinstance(statement, Select):
        return None
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler) or _changes(compiled):
        return None
    binds = [compiled.binds[name] for name in compiled.positiontup or ()]
    columns = list(statement.selected_columns)
    names = [column.name for column in columns]
    if len(set(names)) < len(names) or not all(bind.required for bind in binds):
        return None
    return Prepared(
        compiled.string,
        frozenset(bind.key for bind in binds),
        tuple((bind.key, _to_driver(bind, dialect)) for bind in binds),
        Columns(columns, dialect),
    )


def _changes(compiled: SQLCompiler) -> bool:
    return bool(compiled.post_compile_params or compiled.literal_execute_params)


def _to_driver(bind: BindParameter[Any], dialect: Dialect) -> Convert | None:
    return bind.type.dialect_impl(dialect).bind_processor(dialect)
