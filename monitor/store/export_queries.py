"""What an export reads of the database: the rows of one instrument, or of none, in a range of time."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from monitor.store import export_arrays
from monitor.store.chain_rows import VALUES
from monitor.store.columns import Column, Row
from monitor.store.minute_codec import Minutes
from monitor.store.minute_packs import minutes_of

_ROWS_A_PAGE = 1000
LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Query:
    """An instrument's rows of a table in a range of its key, the first column; several ``wheres`` are merged."""

    table: str
    columns: str
    key: str
    wheres: tuple[str, ...]
    number: int
    start: int
    end: int

    def count(self, connection: sqlite3.Connection) -> int:
        sql = f"SELECT count(*) FROM ({self._select('1')})"
        return int(connection.execute(sql, self._values(self.start)).fetchone()[0])

    def pages(self, connection: sqlite3.Connection) -> Iterator[list[Row]]:
        """Ascending by key; each page is a read of its own, so that the writer's log can be emptied between."""
        start = self.start
        while rows := self.page(connection, start, self.end):
            yield rows
            start = rows[-1][0] + 1

    def page(self, connection: sqlite3.Connection, start: int, end: int) -> list[Row]:
        """The first rows in [start, end), ascending by key; empty when there are none."""
        return self._read(connection, self.columns, start, end, _ROWS_A_PAGE).fetchall()

    def array(
        self, connection: sqlite3.Connection, start: int, end: int, columns: Sequence[Column]
    ) -> npt.NDArray[Any]:
        """As ``page``, but ``columns`` of the file and many more rows at once (see ``export_arrays``)."""
        rows = self._read(connection, export_arrays.selected(columns), start, end, export_arrays.ROWS_AT_ONCE)
        return export_arrays.from_cursor(rows, columns)

    def _read(self, connection: sqlite3.Connection, columns: str, start: int, end: int, most: int) -> sqlite3.Cursor:
        sql = f"{self._select(f'{self.key}, {columns}')} ORDER BY 1 LIMIT {most}"
        return connection.execute(sql, self._values(start) | {"end": min(end, LAST)})

    def _select(self, columns: str) -> str:
        within = f"instrument_id = :number AND {self.key} >= :start AND {self.key} < :end"
        return " UNION ALL ".join(f"SELECT {columns} FROM {self.table} WHERE {within}{w}" for w in self.wheres)

    def _values(self, start: int) -> dict[str, int]:
        return {"number": self.number, "start": start, "end": min(self.end, LAST)}


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contracts of an underlying's snapshots that were due in [start, end); a snapshot a page."""

    number: int
    start: int
    end: int

    def count(self, connection: sqlite3.Connection) -> int:
        sql = f"SELECT total(contracts) FROM chain WHERE {_DUE}"
        return int(connection.execute(sql, self._values(self.start)).fetchone()[0])

    def pages(self, connection: sqlite3.Connection) -> Iterator[list[Row]]:
        """Ascending by the moment, the contracts of each by their symbol."""
        start = self.start
        sql = f"SELECT id, slot_ms FROM chain WHERE {_DUE} ORDER BY slot_ms LIMIT 1"
        while found := connection.execute(sql, self._values(start)).fetchone():
            yield connection.execute(_CONTRACTS, found[:1]).fetchall()
            start = found[1] + 1

    def _values(self, start: int) -> tuple[int, int, int]:
        return self.number, start, min(self.end, LAST)


_DUE = "instrument_id = ? AND slot_ms >= ? AND slot_ms < ?"
_CONTRACTS = f"""
SELECT slot_ms, taken_ms, state, underlying_price, contract, expiry, strike, side, {", ".join(VALUES)}
FROM chain JOIN option_quote ON chain_id = id WHERE id = ? ORDER BY expiry, strike, side, contract
"""


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of the audit that were made in [start, end)."""

    start: int
    end: int

    def count(self, connection: sqlite3.Connection) -> int:
        sql = "SELECT count(*) FROM audit WHERE at_ms >= ? AND at_ms < ?"
        return int(connection.execute(sql, (self.start, self.end)).fetchone()[0])

    def pages(self, connection: sqlite3.Connection) -> Iterator[list[Row]]:
        """In the order in which they were made."""
        sql = (
            "SELECT id, at_ms, kind, sentence FROM audit WHERE id > ? AND at_ms >= ? AND at_ms < ?"
            f" ORDER BY id LIMIT {_ROWS_A_PAGE}"
        )
        last = 0
        while rows := connection.execute(sql, (last, self.start, self.end)).fetchall():
            yield rows
            last = rows[-1][0]


@dataclass(slots=True)
class PackedMinutes:
    """An instrument's minutes in [start, end), as arrays; ``by_row`` counts those that were not packed."""

    query: Query
    by_row: int = 0

    def count(self, connection: sqlite3.Connection) -> int:
        return self.query.count(connection)

    def pages(self, connection: sqlite3.Connection) -> Iterator[Minutes]:
        """Ascending; each piece is a read of its own."""
        query = self.query
        for minutes, packed in minutes_of(connection, query.number, query.start, query.end, told=True):
            self.by_row += 0 if packed else len(minutes[0])
            yield minutes
