"""Which table a row on a loose page belongs to: the number and the types of its values tell the tables apart."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from monitor.store.pages import INDEX_INTERIOR, INDEX_LEAF, TABLE_LEAF, Value
from monitor.store.schema import STEPS

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "INTEGER": (int,),
    "INT": (int,),
    "REAL": (float, int),
    "TEXT": (str,),
    "BLOB": (bytes,),
    "ANY": (int, float, str, bytes),
}

_TABLES = """
SELECT name, ncol, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'
"""
#: Times of receipt are from this century.
_EARLIEST_US = 10**15


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table's rows stand in the file: key first where the table has no rowid.

    ``leaves`` are the kinds of pages that hold rows, more than one where a version had a rowid and another had none.
    ``keys`` are what rows are in the order of. ``least`` values are there in the oldest rows, which columns added since
    have left as they were. ``rowid`` is the place of the column that is the rowid itself and
    stands as NULL in the record, ``stamp`` that of the time of receipt; None where there is none.
    """

    table: str
    columns: tuple[str, ...]
    types: tuple[tuple[type, ...], ...]
    may_be_null: tuple[bool, ...]
    least: int
    leaves: frozenset[int]
    keys: tuple[str, ...]
    rowid: int | None
    stamp: int | None

    def fits(self, values: Sequence[Value]) -> bool:
        """Whether a record may be a row of this table."""
        if not self.least <= len(values) <= len(self.columns):
            return False
        for place, value in enumerate(values):
            if value is None:
                if not self.may_be_null[place] and place != self.rowid:
                    return False
            elif place == self.rowid or not isinstance(value, self.types[place]):
                return False
        return True

    def fits_loose(self, values: Sequence[Value]) -> bool:
        """As ``fits``, where nothing but the row itself tells what it is: a time of receipt must be one."""
        if not self.fits(values):
            return False
        stamp = _EARLIEST_US if self.stamp is None else values[self.stamp]
        return isinstance(stamp, int) and stamp >= _EARLIEST_US

    def row(self, rowid: int, values: list[Value]) -> tuple[Value, ...]:
        """The row as its table takes it, as many columns as the record has."""
        if self.rowid is not None:
            values = [*values[: self.rowid], rowid, *values[self.rowid + 1 :]]
        return tuple(values)

    def insert(self, columns: Sequence[str]) -> str:
        """The statement for rows of these columns; one that is there already stands."""
        return f"INSERT OR IGNORE INTO {self.table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def layouts() -> dict[str, Layout]:
    """The layouts of all tables but those of the search index, which is made anew."""
    from sqlite_utils import Database  # here, for it takes long to load and only a damaged database needs it

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        db = Database(connection, execute_plugins=False)
        first: dict[str, int] = {}
        leaves: defaultdict[str, set[int]] = defaultdict(set)
        for step in STEPS:
            step(db)
            for name, columns, without_rowid in connection.execute(_TABLES):
                first.setdefault(name, columns)
                leaves[name] |= {INDEX_LEAF, INDEX_INTERIOR} if without_rowid else {TABLE_LEAF}
        return {
            name: _layout(connection, name, bool(without_rowid), frozenset(leaves[name]), first[name])
            for name, _, without_rowid in connection.execute(_TABLES)
        }


def _layout(
    connection: sqlite3.Connection, table: str, without_rowid: bool, leaves: frozenset[int], least: int
) -> Layout:
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    if without_rowid:
        columns.sort(key=lambda column: (column[5] == 0, column[5] or column[0]))
    names, types, required, _, keys = (tuple(column[at] for column in columns) for at in range(1, 6))
    alone = [place for place, key in enumerate(keys) if key]
    rowid = alone[0] if not without_rowid and len(alone) == 1 and types[alone[0]].upper() == "INTEGER" else None
    return Layout(
        table,
        names,
        tuple(_PYTHON_TYPES[kind.upper()] for kind in types),
        tuple(not needed and not key for needed, key in zip(required, keys, strict=True)),
        least,
        leaves,
        names[: sum(map(bool, keys))] if without_rowid else ("rowid",),
        rowid,
        names.index("received_us") if "received_us" in names else None,
    )
