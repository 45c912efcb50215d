"""The rows of each kind of export, page by page, so that memory stays flat however much was recorded."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
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
from monitor.store import export_arrays
from monitor.store.book_levels import unpack
from monitor.store.chain_rows import VALUES
from monitor.store.columns import Arrays, Coded, Column, Page, Row, columns
from monitor.store.export_queries import LAST, Contracts, Entries, PackedMinutes, Query
from monitor.store.minute_codec import SOURCES, Minutes
from monitor.store.rollups import built_from, is_due
from monitor.store.tiers.reading import Tiered, TierReader

Rows = Callable[[Iterable[Any]], Iterator[Page | Arrays]]


@dataclass(frozen=True, slots=True)
class Source:
    """One instrument's part of an export: its stored rows and how they become those of the file.

    ``kept`` counts the bars of the file by where they came from, ``parts`` the shorter bars that some were made of for
    it; both grow while the pages are read.
    """

    query: Query | Tiered | Contracts | Entries | PackedMinutes
    rows: Rows
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

    With ``arrays`` minutes, quotes and trades come as arrays, prices and volumes as floats.

    Raises BadData for symbols of which nothing was recorded.
    """
    if request.what in SYMBOLLESS:
        return [_audit(request)]
    numbers: dict[str, int] = dict(connection.execute("SELECT symbol, id FROM instrument"))
    unknown = [symbol for symbol in request.symbols if symbol not in numbers]
    if unknown:
        raise BadData(f"Nothing has been recorded for {', '.join(unknown)}.")
    kinds = {"quotes": _quotes, "trades": _trades, "book": _book, "options": _options}

    shown = columns_of(request)[1:]

    def one(symbol: str) -> Source:
        if request.what != "bars":
            found = kinds[request.what](request, symbol, numbers[symbol])
            if not isinstance(found.query, Query):
                return found
            if arrays and request.what in {"quotes", "trades"}:
                return _figures(symbol, found.query, tiers, shown, found.rows)
            return replace(found, query=Tiered(found.query, symbol, tiers))
        if arrays and request.interval is Interval.M1:
            return _minutes(request, symbol, numbers[symbol])
        # Those on disk are of all hours; and of an older database they may not all be there yet.
        built = request.hours is not Hours.ALWAYS or not request.interval.kept or is_due(connection, symbol)
        return (_bars_built if built else _bars)(request, symbol, numbers[symbol])

    return [one(symbol) for symbol in sorted(set(request.symbols))]


def _by_venue(request: ExportRequest) -> bool:
    return request.venues and request.what == "book"


def _received(request: ExportRequest, table: str, columns: str, number: int, *wheres: str) -> Query:
    start, end = request.start_ms * 1000, min(request.end_ms * 1000, LAST)
    return Query(table, columns, "received_us", wheres or ("",), number, start, end)


def _quotes(request: ExportRequest, symbol: str, number: int) -> Source:
    columns = "bid, ask, last, bid_size, ask_size, last_size, volume, quote_time, trade_time"
    query = _received(request, "quote", columns, number)
    return Source(query, lambda pages: (Page((symbol,), rows, len(rows)) for rows in pages))


def _trades(request: ExportRequest, symbol: str, number: int) -> Source:
    query = _received(request, "trade", "time, price, size, volume, unseen, side", number)

    return Source(query, lambda pages: (Page((symbol,), [row[1:] for row in rows], len(rows)) for rows in pages))


def _figures(symbol: str, query: Query, tiers: TierReader, columns: Sequence[Column], by_row: Rows) -> Source:
    """Arrays of what the database alone has; where files have rows of the same days, they come ``by_row``."""

    def rows(pages: Iterable[Any]) -> Iterator[Page | Arrays]:
        for page in pages:
            if isinstance(page, np.ndarray):
                yield export_arrays.arrays(symbol, page, columns)
            else:
                yield from by_row([page])

    return Source(Tiered(query, symbol, tiers, partial(query.array, columns=columns)), rows)


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
