"""The rows of each kind of export, page by page, so that memory stays flat however much was recorded."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from monitor.analysis.bars import interval_start
from monitor.errors import BadData
from monitor.market.bar import BarSource, Interval
from monitor.market.book import BookService, Level
from monitor.market.hours import Hours
from monitor.ports import SYMBOLLESS, ExportRequest
from monitor.store.book_levels import unpack
from monitor.store.chain_rows import VALUES
from monitor.store.columns import Arrays, Coded, Column, Page, Row, columns
from monitor.store.minute_codec import SOURCES, Minutes
from monitor.store.minute_packs import minutes_of
from monitor.store.rollups import built_from, is_due
from monitor.store.tiers.reading import Tiered, TierReader

_ROWS_A_PAGE = 1000
_LAST = 2**63 - 1


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


@dataclass(frozen=True, slots=True)
class Source:
    """One instrument's part of an export: its stored rows and how they become those of the file.

    ``kept`` counts the bars of the file by where they came from, ``parts`` the shorter bars that some were made of for
    it; both grow while the pages are read.
    """

    query: Query | Tiered | Contracts | Entries | PackedMinutes
    rows: Callable[[Iterable[Any]], Iterator[Page | Arrays]]
    kept: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)

    def pages(self, connection: sqlite3.Connection) -> Iterator[Page | Arrays]:
        return self.rows(self.query.pages(connection))


_VALUE_KINDS = {
    **dict.fromkeys(("quote_time", "trade_time"), "time"),
    **dict.fromkeys(("expiration_type", "settlement_type"), "text"),
    "non_standard": "count",
}
_COLUMNS = {
    "bars": "symbol interval start:time open:number high:number low:number close:number volume:number source",
    "quotes": "symbol received:received bid:number ask:number last:number bid_size:number ask_size:number"
    " last_size:number volume:number quote_time:time trade_time:time",
    "trades": "symbol time:time price:number size:number volume:number unseen:number side",
    "book": "symbol service received:received book_time:time side level:count price:number size:number makers:count",
    "options": "symbol slot:time taken:time state underlying_price:number contract expiry strike:number side "
    + " ".join(f"{name}:{_VALUE_KINDS.get(name, 'number')}" for name in VALUES),
    "audit": "time:time kind sentence",
}
_VENUES = " venue venue_size:number"


def columns_of(request: ExportRequest) -> tuple[Column, ...]:
    """The columns. Raises BadData for what cannot be exported."""
    if request.what not in _COLUMNS:
        raise BadData(f"“{request.what}” cannot be exported: choose quotes, trades, bars, book, options or audit.")
    if request.hours is not Hours.ALWAYS and not (request.what == "bars" and request.interval.intraday):
        raise BadData("Hours can be chosen for bars within the day only.")
    return columns(_COLUMNS[request.what] + (_VENUES if _by_venue(request) else ""))


def sources(
    connection: sqlite3.Connection, request: ExportRequest, tiers: TierReader, *, arrays: bool = False
) -> list[Source]:
    """The parts of the export, one a symbol; what streamed in is read from all ``tiers``.

    With ``arrays`` minutes come as arrays, prices and volumes as floats.

    Raises BadData for symbols of which nothing was recorded.
    """
    if request.what in SYMBOLLESS:
        return [_audit(request)]
    numbers: dict[str, int] = dict(connection.execute("SELECT symbol, id FROM instrument"))
    unknown = [symbol for symbol in request.symbols if symbol not in numbers]
    if unknown:
        raise BadData(f"Nothing has been recorded for {', '.join(unknown)}.")
    kinds = {"quotes": _quotes, "trades": _trades, "book": _book, "options": _options}

    def one(symbol: str) -> Source:
        if request.what != "bars":
            found = kinds[request.what](request, symbol, numbers[symbol])
            return replace(found, query=Tiered(found.query, symbol, tiers)) if isinstance(found.query, Query) else found
        if arrays and request.interval is Interval.M1:
            return _minutes(request, symbol, numbers[symbol])
        # Those on disk are of all hours; and of an older database they may not all be there yet.
        built = request.hours is not Hours.ALWAYS or not request.interval.kept or is_due(connection, symbol)
        return (_bars_built if built else _bars)(request, symbol, numbers[symbol])

    return [one(symbol) for symbol in sorted(set(request.symbols))]


def _by_venue(request: ExportRequest) -> bool:
    return request.venues and request.what == "book"


def _received(request: ExportRequest, table: str, columns: str, number: int, *wheres: str) -> Query:
    start, end = request.start_ms * 1000, min(request.end_ms * 1000, _LAST)
    return Query(table, columns, "received_us", wheres or ("",), number, start, end)


def _quotes(request: ExportRequest, symbol: str, number: int) -> Source:
    columns = "bid, ask, last, bid_size, ask_size, last_size, volume, quote_time, trade_time"
    query = _received(request, "quote", columns, number)
    return Source(query, lambda pages: (Page((symbol,), rows, len(rows)) for rows in pages))


def _trades(request: ExportRequest, symbol: str, number: int) -> Source:
    query = _received(request, "trade", "time, price, size, volume, unseen, side", number)

    return Source(query, lambda pages: (Page((symbol,), [row[1:] for row in rows], len(rows)) for rows in pages))


def _bars(request: ExportRequest, symbol: str, number: int) -> Source:
    """Bars as they are on disk."""
    query = _of_bars(request.interval, number, request.start_ms, request.end_ms)
    kept: Counter[str] = Counter()

    def rows(pages: Iterable[list[Row]]) -> Iterator[Page]:
        for found, stored in _in_hours(pages, request.hours):
            kept.update(map(_SOURCE, found))
            yield Page((symbol, request.interval.label), found, stored)

    return Source(query, rows, kept)


def _minutes(request: ExportRequest, symbol: str, number: int) -> Source:
    """Minutes as arrays."""
    query = PackedMinutes(_of_bars(Interval.M1, number, request.start_ms, request.end_ms))
    kept: Counter[str] = Counter()

    def pages(found: Iterable[Minutes]) -> Iterator[Arrays]:
        for bars, sources in found:
            if request.hours is not Hours.ALWAYS:
                wanted = request.hours.hold(bars["start"])
                bars, sources = bars[wanted], sources[wanted]
            counts = np.bincount(sources, minlength=len(SOURCES)).tolist()
            kept.update({source.value: count for source, count in zip(SOURCES, counts, strict=True) if count})
            columns = [bars[name] for name in ("start", "open", "high", "low", "close", "volume")]
            told = Coded(sources, [source.value for source in SOURCES])
            yield Arrays((symbol, request.interval.label), [*columns, told], len(bars))

    return Source(query, pages, kept)


def _of_bars(interval: Interval, number: int, start: int, end: int) -> Query:
    columns = "open, high, low, close, volume, source"
    return Query("bar", columns, "start_ms", (f" AND interval_s = {int(interval)}",), number, start, end)


def _bars_built(request: ExportRequest, symbol: str, number: int) -> Source:
    """Longer bars from the minutes in the hours asked for, or from days."""
    interval, base = request.interval, built_from(request.interval)
    if interval is base:
        return _bars(request, symbol, number)
    # A bar that begins within the range is built from all of its own minutes or days.
    margin = interval.milliseconds + base.milliseconds
    query = _of_bars(base, number, request.start_ms - margin, request.end_ms + margin)
    kept: Counter[str] = Counter()
    parts: Counter[str] = Counter()

    def rows(pages: Iterable[list[Row]]) -> Iterator[Page]:
        for groups, stored in _grouped(_in_hours(pages, request.hours), interval):
            inside = [group for group in groups if request.start_ms <= group[0] < request.end_ms]
            for _, shorter in inside:
                parts.update(map(_SOURCE, shorter))
            kept[BarSource.COMPUTED.value] += len(inside)
            yield Page((symbol, interval.label), [_one_bar(*group) for group in inside], stored)

    return Source(query, rows, kept, parts)


_SOURCE = itemgetter(-1)


def _in_hours(pages: Iterable[list[Row]], hours: Hours) -> Iterator[tuple[list[Row], int]]:
    """The bars of each page that begin in ``hours``, and how many there were before."""
    for rows in pages:
        wanted = rows
        if hours is not Hours.ALWAYS:
            inside = hours.hold(np.array([row[0] for row in rows], np.int64))
            wanted = [row for row, kept in zip(rows, inside.tolist(), strict=True) if kept]
        yield wanted, len(rows)


Group = tuple[int, list[Row]]


def _grouped(pages: Iterable[tuple[list[Row], int]], interval: Interval) -> Iterator[tuple[list[Group], int]]:
    """Bars by the start of the longer one they belong to; the last group of a page waits for the next page."""
    kept: list[Row] = []
    for rows, stored in pages:
        groups = [
            (start, list(parts)) for start, parts in groupby(kept + rows, lambda r: interval_start(r[0], interval))
        ]
        kept = groups.pop()[1] if groups else []
        yield groups, stored
    if kept:
        yield [(interval_start(kept[0][0], interval), kept)], 0


def _one_bar(start: int, parts: list[Row]) -> Row:
    """A longer bar, in the digits of those that it is made of."""
    _, opens, highs, lows, closes, volumes, _ = zip(*parts, strict=True)
    return (start, opens[0], max(highs), min(lows), closes[-1], sum(volumes), BarSource.COMPUTED.value)


def _book(request: ExportRequest, symbol: str, number: int) -> Source:
    # The venue comes before the time in the table's key: one ordered run a venue, merged.
    query = _received(request, "book", "venue, time, levels", number, *(f" AND venue = '{s}'" for s in BookService))
    cells = _venue_cells if request.venues else _level_cells

    def rows(pages: Iterable[list[Row]]) -> Iterator[Page]:
        for found in pages:
            yield Page((symbol,), [row for snapshot in found for row in _snapshot(snapshot)], len(found))

    def _snapshot(row: Row) -> Iterator[Row]:
        received_us, venue, time, levels = row
        book = unpack(symbol, time, levels)
        for side, ladder in (("bid", book.bids), ("ask", book.asks)):
            for place, level in enumerate(ladder, start=1):
                for rest in cells(level):
                    yield (venue, received_us, time, side, place, *rest)

    return Source(query, rows)


def _options(request: ExportRequest, symbol: str, number: int) -> Source:
    contracts = Contracts(number, request.start_ms, request.end_ms)
    return Source(contracts, lambda pages: (Page((symbol,), rows, len(rows)) for rows in pages))


def _audit(request: ExportRequest) -> Source:
    entries = Entries(request.start_ms, request.end_ms)
    return Source(entries, lambda pages: (Page((), [row[1:] for row in rows], len(rows)) for rows in pages))


def _level_cells(level: Level) -> Iterator[Row]:
    yield level.price, level.size, level.count


def _venue_cells(level: Level) -> Iterator[Row]:
    for maker in level.makers:
        yield level.price, level.size, level.count, maker.id, maker.size
    if not level.makers:
        yield level.price, level.size, level.count, "", None
