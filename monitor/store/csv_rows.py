"""The lines of each kind of export, page by page, so that memory stays flat however much was recorded."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

from monitor.analysis.bars import interval_start
from monitor.errors import BadData
from monitor.market.bar import BarSource, Interval
from monitor.market.book import BookService, Level
from monitor.ports import ExportRequest
from monitor.store.archive import base_of
from monitor.store.book_levels import unpack
from monitor.store.chain_rows import VALUES
from monitor.store.csv_text import received_text, safe_text, time_text
from monitor.store.tiers.reading import Tiered, TierReader
from monitor.store.tiers.tables import TABLES

_ROWS_A_PAGE = 4000
_LAST = 2**63 - 1

Row = tuple[Any, ...]


class Page(NamedTuple):
    """Lines for the file, and how many stored rows they were made from."""

    lines: list[Row]
    stored: int


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
        sql = f"{self._select(f'{self.key}, {self.columns}')} ORDER BY 1 LIMIT {_ROWS_A_PAGE}"
        return connection.execute(sql, self._values(start) | {"end": min(end, _LAST)}).fetchall()

    def _select(self, columns: str) -> str:
        within = f"instrument_id = :number AND {self.key} >= :start AND {self.key} < :end"
        return " UNION ALL ".join(f"SELECT {columns} FROM {self.table} WHERE {within}{w}" for w in self.wheres)

    def _values(self, start: int) -> dict[str, int]:
        return {"number": self.number, "start": start, "end": min(self.end, _LAST)}


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
        return self.number, start, min(self.end, _LAST)


_DUE = "instrument_id = ? AND slot_ms >= ? AND slot_ms < ?"
_CONTRACTS = f"""
SELECT slot_ms, taken_ms, state, underlying_price, contract, expiry, strike, side, {", ".join(VALUES)}
FROM chain JOIN option_quote ON chain_id = id WHERE id = ? ORDER BY expiry, strike, side, contract
"""


@dataclass(frozen=True, slots=True)
class Source:
    """One instrument's part of an export: its stored rows and how they become lines."""

    query: Query | Tiered | Contracts
    lines: Callable[[Iterable[list[Row]]], Iterator[Page]]

    def pages(self, connection: sqlite3.Connection) -> Iterator[Page]:
        return self.lines(self.query.pages(connection))


_HEADERS = {
    "bars": "symbol,interval,start,open,high,low,close,volume,source",
    "quotes": "symbol,received,bid,ask,last,bid_size,ask_size,last_size,volume,quote_time,trade_time",
    "trades": "symbol,time,price,size,volume,unseen,side",
    "book": "symbol,service,received,book_time,side,level,price,size,makers",
    "options": "symbol,slot,taken,state,underlying_price,contract,expiry,strike,side," + ",".join(VALUES),
}


def header(request: ExportRequest) -> list[str]:
    """The column names. Raises BadData for a kind that cannot be exported."""
    if request.what not in _HEADERS:
        raise BadData(f"“{request.what}” cannot be exported: choose quotes, trades, bars, book or options.")
    return (_HEADERS[request.what] + (",venue,venue_size" if _by_venue(request) else "")).split(",")


def source(request: ExportRequest, symbol: str, number: int, tiers: TierReader) -> Source:
    """What to write of one instrument; what streamed in is read from all ``tiers``."""
    kinds = {"bars": _bars, "quotes": _quotes, "trades": _trades, "book": _book, "options": _options}
    found = kinds[request.what](request, safe_text(symbol), number)
    if isinstance(found.query, Query) and found.query.table in TABLES:
        return replace(found, query=Tiered(found.query, symbol, tiers))
    return found


def _by_venue(request: ExportRequest) -> bool:
    return request.venues and request.what == "book"


def _line_by_line(line: Callable[[Row], Row]) -> Callable[[Iterable[list[Row]]], Iterator[Page]]:
    return lambda pages: (Page([line(row) for row in rows], len(rows)) for rows in pages)


def _received(request: ExportRequest, table: str, columns: str, number: int, *wheres: str) -> Query:
    start, end = request.start_ms * 1000, min(request.end_ms * 1000, _LAST)
    return Query(table, columns, "received_us", wheres or ("",), number, start, end)


def _quotes(request: ExportRequest, symbol: str, number: int) -> Source:
    columns = "bid, ask, last, bid_size, ask_size, last_size, volume, quote_time, trade_time"

    def line(row: Row) -> Row:
        received_us, *numbers, quote_time, trade_time = row
        return (symbol, received_text(received_us), *numbers, time_text(quote_time), time_text(trade_time))

    return Source(_received(request, "quote", columns, number), _line_by_line(line))


def _trades(request: ExportRequest, symbol: str, number: int) -> Source:
    columns = "time, price, size, volume, unseen, side"
    query = _received(request, "trade", columns, number)
    return Source(query, _line_by_line(lambda row: (symbol, time_text(row[1]), *row[2:])))


def _bars(request: ExportRequest, symbol: str, number: int) -> Source:
    interval, base = request.interval, base_of(request.interval)
    # A bar that begins within the range is built from all of its own minutes or days.
    margin = 0 if interval is base else interval.milliseconds + base.milliseconds
    query = Query(
        table="bar",
        columns="open, high, low, close, volume, source",
        key="start_ms",
        wheres=(f" AND interval_s = {int(base)}",),
        number=number,
        start=request.start_ms - margin,
        end=request.end_ms + margin,
    )
    if interval is base:
        return Source(query, _line_by_line(lambda row: (symbol, interval.label, time_text(row[0]), *row[1:])))

    def lines(pages: Iterable[list[Row]]) -> Iterator[Page]:
        for rows, stored in _longer_bars(pages, interval):
            inside = (row for row in rows if request.start_ms <= row[0] < request.end_ms)
            yield Page([(symbol, interval.label, time_text(row[0]), *row[1:]) for row in inside], stored)

    return Source(query, lines)


def _longer_bars(pages: Iterable[list[Row]], interval: Interval) -> Iterator[Page]:
    """Bars of ``interval`` from shorter ones, in the digits of those; the last of a page waits for the next page."""
    kept: list[Row] = []
    for rows in pages:
        groups = [
            (start, list(parts)) for start, parts in groupby(kept + rows, lambda r: interval_start(r[0], interval))
        ]
        kept = groups.pop()[1]
        yield Page([_one_bar(start, parts) for start, parts in groups], len(rows))
    if kept:
        yield Page([_one_bar(interval_start(kept[0][0], interval), kept)], 0)


def _one_bar(start: int, parts: list[Row]) -> Row:
    _, opens, highs, lows, closes, volumes, _ = zip(*parts, strict=True)
    return (start, opens[0], max(highs), min(lows), closes[-1], sum(volumes), BarSource.COMPUTED.value)


def _book(request: ExportRequest, symbol: str, number: int) -> Source:
    # The venue comes before the time in the table's key: one ordered run a venue, merged.
    query = _received(request, "book", "venue, time, levels", number, *(f" AND venue = '{s}'" for s in BookService))
    cells = _venue_cells if request.venues else _level_cells

    def lines(pages: Iterable[list[Row]]) -> Iterator[Page]:
        for rows in pages:
            yield Page([line for row in rows for line in _snapshot(row)], len(rows))

    def _snapshot(row: Row) -> Iterator[Row]:
        received_us, venue, time, levels = row
        book = unpack(symbol, time, levels)
        stamp = (symbol, venue, received_text(received_us), time_text(time))
        for side, ladder in (("bid", book.bids), ("ask", book.asks)):
            for place, level in enumerate(ladder, start=1):
                for rest in cells(level):
                    yield (*stamp, side, place, *rest)

    return Source(query, lines)


_TIMES = VALUES.index("quote_time"), VALUES.index("trade_time")


def _options(request: ExportRequest, symbol: str, number: int) -> Source:
    def line(row: Row) -> Row:
        slot, taken, state, price, contract, *which = row[:8]
        values = list(row[8:])
        for place in _TIMES:
            values[place] = time_text(values[place])
        return (symbol, time_text(slot), time_text(taken), state, price, safe_text(contract), *which, *values)

    return Source(Contracts(number, request.start_ms, request.end_ms), _line_by_line(line))


def _level_cells(level: Level) -> Iterator[Row]:
    yield level.price, level.size, level.count


def _venue_cells(level: Level) -> Iterator[Row]:
    for maker in level.makers:
        yield level.price, level.size, level.count, safe_text(maker.id), maker.size
    if not level.makers:
        yield level.price, level.size, level.count, "", ""
