"""The streamed tables as their keys lie: whose rows they are, a run of each, and the days the runs touch."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from monitor.market.calendar import at_new_york, from_ms

Row = tuple[Any, ...]
#: Times of receipt that no clock gives are left where they are.
_FIRST_US, LAST_US = 0, 250_000_000_000_000_000
ROWS_A_PAGE = 4000


@dataclass(frozen=True, slots=True)
class Streamed:
    """A table whose key is ``prefix`` and then ``received_us``; the first of the prefix says whose a row is.

    ``slice`` is how many rows may be deleted at once without anybody waiting.
    """

    name: str
    prefix: tuple[str, ...] = ("instrument_id",)
    slice: int = 2000

    @property
    def of_instruments(self) -> bool:
        return self.prefix[0] == "instrument_id"

    @property
    def sorted_by(self) -> str:
        """The column of its files that says whose a row is."""
        return "symbol" if self.of_instruments else self.prefix[0]

    @property
    def key(self) -> tuple[str, ...]:
        return (*self.prefix, "received_us")


TABLES = {
    table.name: table
    for table in (
        Streamed("quote"),
        Streamed("quote_detail", slice=1000),
        Streamed("trade"),
        Streamed("book", ("instrument_id", "venue"), slice=500),
        Streamed("screener", ("name",), slice=200),
    )
}


def day_of(us: int) -> date:
    """The New York day of a time of receipt."""
    return from_ms(us // 1000).date()


def bounds(day: date) -> tuple[int, int]:
    """The day's begin and end as times of receipt, µs UTC."""
    begin, end = (at_new_york(each, time(0)) * 1000 for each in (day, day + timedelta(days=1)))
    return begin, end


def columns_of(connection: sqlite3.Connection, table: Streamed) -> list[tuple[str, str]]:
    """Names and declared types of the table's columns, in order."""
    return [(name, kind) for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table.name})")]


def runs(connection: sqlite3.Connection, table: Streamed) -> Iterator[Row]:
    """The prefixes that the table has rows of, ascending: a seek each, however many rows there are."""
    columns = ", ".join(table.prefix)
    marks = ", ".join("?" * len(table.prefix))
    first = f"SELECT {columns} FROM {table.name} ORDER BY {columns} LIMIT 1"
    after = f"SELECT {columns} FROM {table.name} WHERE ({columns}) > ({marks}) ORDER BY {columns} LIMIT 1"
    row = connection.execute(first).fetchone()
    while row is not None:
        yield row
        row = connection.execute(after, row).fetchone()


def oldest_us(connection: sqlite3.Connection, table: Streamed, since_us: int = _FIRST_US) -> int | None:
    """The oldest time of receipt on or after ``since_us`` that the table has a row of."""
    sql = (
        f"SELECT received_us FROM {table.name} WHERE {_is(table)} AND received_us >= ? AND received_us < ?"
        " ORDER BY received_us LIMIT 1"
    )
    found = (connection.execute(sql, (*run, since_us, LAST_US)).fetchone() for run in list(runs(connection, table)))
    return min((row[0] for row in found if row), default=None)


def days_before(connection: sqlite3.Connection, table: Streamed, before_us: int) -> list[date]:
    """The days with rows received before ``before_us``, oldest first."""
    days = []
    oldest = oldest_us(connection, table)
    while oldest is not None and oldest < before_us:
        days.append(day_of(oldest))
        oldest = oldest_us(connection, table, bounds(days[-1])[1])
    return days


def count_of(connection: sqlite3.Connection, table: Streamed, day: date) -> int:
    """How many rows of the day the table has."""
    sql = f"SELECT count(*) FROM {table.name} WHERE {_is(table)} AND received_us >= ? AND received_us < ?"
    span = bounds(day)
    return sum(connection.execute(sql, (*run, *span)).fetchone()[0] for run in list(runs(connection, table)))


def pages_of(connection: sqlite3.Connection, table: Streamed, day: date) -> Iterator[tuple[str, list[Row]]]:
    """The day's rows page by page, each with whose they are: sorted by that, then by time of receipt."""
    symbols: dict[Any, str] = dict(connection.execute("SELECT id, symbol FROM instrument"))
    owners: dict[tuple[str, Any], list[Row]] = {}
    for run in list(runs(connection, table)):
        owner = symbols.get(run[0], "") if table.of_instruments else run[0]
        owners.setdefault((owner, run[0]), []).append(run)
    # By whose they are as bytes, which is how files compare them.
    for owner, number in sorted(owners, key=lambda each: (each[0].encode(), each[1])):
        for page in _merged(connection, table, owners[owner, number], bounds(day)):
            yield owner, page


def _merged(
    connection: sqlite3.Connection, table: Streamed, parts: list[Row], span: tuple[int, int]
) -> Iterator[list[Row]]:
    names = [name for name, _ in columns_of(connection, table)]
    at = names.index("received_us")
    select = f"SELECT {', '.join(names)} FROM {table.name} WHERE {_is(table)} AND received_us >= ? AND received_us < ?"
    sql = " UNION ALL ".join([select] * len(parts)) + f" ORDER BY received_us LIMIT {ROWS_A_PAGE}"
    start, end = span
    while rows := connection.execute(sql, [value for run in parts for value in (*run, start, end)]).fetchall():
        if len(rows) == ROWS_A_PAGE:
            # Whatever has the page's last stamp comes with the next page, whole.
            last = rows[-1][at]
            whole = [row for row in rows if row[at] < last]
            rows = whole or rows
            start = last if whole else last + 1
            yield rows
        else:
            yield rows
            return


def _is(table: Streamed) -> str:
    return " AND ".join(f"{name} = ?" for name in table.prefix)
