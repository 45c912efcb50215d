"""Many rows in few statements, and the rows SQLite cannot take told apart from a disk that fails.

A statement gives the interpreter's lock away once, whether it inserts one row or hundreds. With a busy loop in the
other thread ``executemany`` would wait for that lock at every row; and rows sorted by instrument touch each page once.
"""

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

_log = logging.getLogger(__name__)
_ROWS_A_STATEMENT = 1024

Row = tuple[Any, ...]

#: What a value raises that no column can hold: trying the same row again would be in vain.
UNFIT = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    OverflowError,
    UnicodeError,
)


@dataclass(frozen=True, slots=True)
class Insert:
    """An INSERT of ``width`` columns: what stands before VALUES, and what stands after them."""

    head: str
    width: int
    tail: str = ""

    def run(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """Insert all rows. Raises sqlite3.Error or one of UNFIT."""
        first = 0
        while left := len(rows) - first:
            # Powers of two, so that the remainder too finds its statement prepared.
            size = min(_ROWS_A_STATEMENT, 1 << (left.bit_length() - 1))
            values = list(chain.from_iterable(rows[first : first + size]))
            connection.execute(_statement(self, size), values)
            first += size

    def run_sifted(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> int:
        """Insert all rows that can be stored; gives the number of those that cannot. Raises sqlite3.Error."""
        connection.execute("SAVEPOINT rows")
        unfit = 0
        try:
            self.run(connection, rows)
        except UNFIT:
            connection.execute("ROLLBACK TO rows")
            unfit = sum(not self._fits(connection, row) for row in rows)
        connection.execute("RELEASE rows")
        return unfit

    def _fits(self, connection: sqlite3.Connection, row: Row) -> bool:
        try:
            self.run(connection, [row])
        except UNFIT as error:
            tell_unfit(error, self.head, row)
            return False
        return True


def tell_unfit(error: Exception, what: str, value: object) -> None:
    """Log what no table can hold, so that it is not lost without a trace; of account activity only that it was some."""
    if "activity" in what:
        _log.warning("an entry of account activity cannot be stored: %s", type(error).__name__)
    else:
        _log.warning("a row cannot be stored (%s): %s %r", error, what, value)


@lru_cache(maxsize=64)
def _statement(insert: Insert, rows: int) -> str:
    row = "(" + ",".join("?" * insert.width) + ")"
    return f"{insert.head} VALUES {','.join([row] * rows)} {insert.tail}"
