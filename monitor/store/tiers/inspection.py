"""All of a file read back, for the ledger to note it anew: what it holds, and how that compares with the database."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

from monitor.store.tiers import parquet
from monitor.store.tiers.ledger import Beside
from monitor.store.tiers.places import Mismatch, Places
from monitor.store.tiers.tables import LAST_US, Row, Streamed, bounds, columns_of, count_of
from monitor.store.tiers.writing import Filled, Rest


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a whole file holds, and what the database has of it."""

    filled: Filled
    beside: Beside


def inspect(
    connection: sqlite3.Connection, places: Places, place: str, table: Streamed, day: date, rest: Rest
) -> Inspected:
    """Read every page of the file, against its checksum.

    ``rest`` may raise. Raises OSError, Mismatch among them for a file that holds anything but rows of the table and day
    in their order, and parquet.FAILURES.
    """
    if parquet.table_of(places.source(place)) != table.name:
        raise Mismatch(f"{place} is no file of {table.name}")
    declared = columns_of(connection, table)
    names = [name for name, _ in declared]
    comparing = _Comparing(connection, table, names) if count_of(connection, table, day) else None
    if table.of_instruments:
        declared, names = [*declared, ("symbol", "TEXT")], [*names, "symbol"]
    whose, number, stamp = (itemgetter(names.index(name)) for name in (table.sorted_by, table.prefix[0], "received_us"))
    symbols, latest = Counter[str](), None
    first_us, last_us = LAST_US, 0
    began = time.monotonic()
    for page in parquet.rows_of(places.source(place), declared, names):
        if not all(isinstance(whose(row), str) and isinstance(stamp(row), int) for row in page):
            raise Mismatch(f"{place} does not say whose all of its rows are, and of when")
        keys = [(whose(row).encode(), number(row), stamp(row)) for row in page]
        if any(one > other for one, other in pairwise([*([latest] if latest else []), *keys])):
            raise Mismatch(f"{place} is not sorted")
        latest = keys[-1]
        symbols.update(map(whose, page))
        first_us, last_us = min(first_us, *map(stamp, page)), max(last_us, *map(stamp, page))
        if comparing:
            comparing.take(page)
        rest(time.monotonic() - began, symbols.total())
        began = time.monotonic()
    if not symbols or first_us < bounds(day)[0] or last_us >= bounds(day)[1]:
        raise Mismatch(f"{place} does not hold rows of {day}")
    beside = comparing.result if comparing else Beside.NOTHING
    return Inspected(Filled(symbols.total(), *places.checksum(place), first_us, last_us, dict(symbols)), beside)


class _Comparing:
    """Compares a file's rows, page by page, with those that the database has under the same keys."""

    def __init__(self, connection: sqlite3.Connection, table: Streamed, names: list[str]) -> None:
        self.result = Beside.NOTHING
        self._connection = connection
        self._names = names
        self._symbols: dict[Any, str] = dict(connection.execute("SELECT id, symbol FROM instrument"))
        self._of_instruments = table.of_instruments
        self._prefix = [names.index(name) for name in table.prefix]
        self._at = names.index("received_us")
        self._plain = parquet.plain_rows(columns_of(connection, table))
        where = " AND ".join(f"{name} = ?" for name in table.prefix)
        self._sql = (
            f"SELECT {', '.join(names)} FROM {table.name} WHERE {where} AND received_us >= ? AND received_us <= ?"
        )

    def take(self, page: list[Row]) -> None:
        """The file's next rows; behind the table's columns is the symbol where the table has none."""

        def prefix(row: Row) -> Row:
            return tuple([row[at] for at in self._prefix])

        for key, found in groupby(sorted(page, key=prefix), key=prefix):
            self._compare(key, list(found))

    def _compare(self, prefix: Row, rows: list[Row]) -> None:
        width = len(self._names)
        stamps = [row[self._at] for row in rows]
        here = self._plain(self._connection.execute(self._sql, (*prefix, min(stamps), max(stamps))))
        kept = {row[self._at]: row for row in here}
        for row in rows:
            if (same := kept.get(row[self._at])) is None:
                continue
            of_symbol = not self._of_instruments or self._symbols.get(prefix[0], "") == row[width]
            if not of_symbol or not _identical(same, row[:width]):
                self.result = Beside.OTHER
            elif self.result is Beside.NOTHING:
                self.result = Beside.SAME


def _identical(one: Iterable[Any], other: Iterable[Any]) -> bool:
    """Equal to the digit and the type."""
    return parquet.digest([tuple(one)]) == parquet.digest([tuple(other)])
