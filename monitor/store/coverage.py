"""The coverage on disk: the ledger of history, bars a day, where a bar comes from, and what history corrected."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from monitor.analysis.coverage import (
    Answer,
    Asked,
    Counts,
    DayCoverage,
    day_by_day,
    days_open,
    fetched_as,
    holes,
    trading_of,
    unanswered,
)
from monitor.analysis.ranges import Range
from monitor.analysis.repair import Expiring, expiring
from monitor.clock import now_ms
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.calendar import Trading, at_new_york, from_ms
from monitor.ports import Provenance, Reconciliation, Revision
from monitor.store.reader import Reader
from monitor.store.reconciliation import longer_bars, streamed_minutes

_FOREVER = (0, 2**62)


class StoredCoverage:
    """Implements Coverage."""

    def __init__(self, reader: Reader, now_ms: Callable[[], int] = now_ms) -> None:
        self._reader = reader
        self._now_ms = now_ms

    async def ledger(self, symbols: Sequence[str], interval: Interval) -> dict[str, list[Asked]]:
        return await self._reader.ask(lambda connection: _ledger(connection, symbols, interval))

    async def days(
        self, symbols: Sequence[str], interval: Interval, first: date, last: date
    ) -> dict[str, tuple[DayCoverage, ...]]:
        now = self._now_ms()
        return await self._reader.ask(lambda connection: _days(connection, symbols, interval, (first, last), now))

    async def expiring(self, days: int = 7) -> list[Expiring]:
        now = self._now_ms()
        return await self._reader.ask(lambda connection: _expiring(connection, days, now))

    async def kept(self) -> dict[str, frozenset[Interval]]:
        return await self._reader.ask(_kept)

    async def failed_due(self, now_ms: int) -> list[tuple[str, Interval, Asked]]:
        return await self._reader.ask(lambda connection: _failed_due(connection, now_ms))

    async def provenance(self, symbol: str, interval: Interval, start_ms: int) -> Provenance | None:
        return await self._reader.ask(lambda connection: _provenance(connection, symbol, interval, start_ms))

    async def revised(
        self, symbol: str, interval: Interval, start_ms: int, end_ms: int, limit: int = 5000
    ) -> list[int]:
        key = symbol, int(interval), start_ms, end_ms, limit
        return await self._reader.ask(lambda connection: [start for (start,) in connection.execute(_REVISED, key)])

    async def reconciliation(self, start_ms: int, end_ms: int, limit: int = 1000) -> Reconciliation:
        return await self._reader.ask(lambda connection: streamed_minutes(connection, start_ms, end_ms, limit))

    async def longer_bars(self, start_ms: int, end_ms: int, limit: int = 1000) -> Reconciliation:
        return await self._reader.ask(lambda connection: longer_bars(connection, start_ms, end_ms, limit))


_LEDGER = """
SELECT symbol, from_ms, to_ms, state, noted_ms, until_ms, attempts
FROM instrument JOIN coverage ON instrument_id = id
WHERE symbol IN (SELECT value FROM json_each(?)) AND series = ? ORDER BY symbol, from_ms
"""


def _ledger(connection: sqlite3.Connection, symbols: Sequence[str], interval: Interval) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = {symbol: [] for symbol in symbols}
    for symbol, *row in connection.execute(_LEDGER, (json.dumps(list(symbols)), interval.label)):
        found[symbol].append(_asked(*row))
    return found


def _asked(start: int, end: int, state: str, noted_ms: int, until_ms: int, attempts: int) -> Asked:
    return Asked(start, end, Answer(state), noted_ms, until_ms, attempts)


_COUNTS = """
SELECT symbol, day_ms, streamed, fetched, computed FROM instrument JOIN bar_day ON instrument_id = id
WHERE symbol IN (SELECT value FROM json_each(?1)) AND interval_s = ?2 AND day_ms >= ?3 AND day_ms < ?4
"""
_DAILY_COUNTS = """
SELECT symbol, start_ms, source = 'stream', source IN ('rest', 'import'), 0
FROM instrument JOIN bar ON instrument_id = id
WHERE symbol IN (SELECT value FROM json_each(?1)) AND interval_s = ?2 AND start_ms >= ?3 AND start_ms < ?4
    AND source <> 'computed'
"""


def _days(
    connection: sqlite3.Connection, symbols: Sequence[str], interval: Interval, span: tuple[date, date], now: int
) -> dict[str, tuple[DayCoverage, ...]]:
    base = fetched_as(interval)
    first, last = span
    start, end = (at_new_york(day, time(0)) for day in (first, last + timedelta(days=1)))
    dates: dict[int, date] = {}
    counts: dict[str, dict[date, Counts]] = defaultdict(dict)
    asked = json.dumps(list(symbols)), int(base), start, end
    for symbol, day_ms, *row in connection.execute(_COUNTS if base.intraday else _DAILY_COUNTS, asked):
        day = dates.get(day_ms) or dates.setdefault(day_ms, from_ms(day_ms).date())
        counts[symbol][day] = Counts(*row)
    hours = {trading: days_open(base, first, last, now, trading) for trading in set(map(trading_of, symbols))}
    ledgers = _ledger(connection, symbols, base)
    return {
        symbol: day_by_day(hours[trading_of(symbol)], base, ledgers[symbol], counts[symbol], now) for symbol in symbols
    }


def _kept(connection: sqlite3.Connection) -> dict[str, frozenset[Interval]]:
    rows = connection.execute("SELECT DISTINCT symbol, series FROM coverage JOIN instrument ON id = instrument_id")
    found: dict[str, set[Interval]] = defaultdict(set)
    for symbol, series in rows:
        found[symbol].add(Interval.parse(series))
    return {symbol: frozenset(intervals) for symbol, intervals in found.items()}


def _expiring(connection: sqlite3.Connection, days: int, now: int) -> list[Expiring]:
    found: list[Expiring] = []
    by_interval: dict[Interval, list[str]] = defaultdict(list)
    for symbol, intervals in _kept(connection).items():
        for interval in intervals:
            by_interval[interval].append(symbol)
    for interval, symbols in by_interval.items():
        for symbol, ledger in _ledger(connection, symbols, interval).items():
            missing = holes(ledger, interval, _FOREVER, now, trading_of(symbol), insist=True)
            found += expiring(symbol, interval, missing, now, days)
    return sorted(found, key=lambda each: (each.leaves_ms, each.symbol))


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What of an interval history has given: of how many symbols, of how many with holes, and from when to when.

    ``span`` is ms UTC; None where nothing was given yet.
    """

    interval: Interval
    symbols: int
    with_holes: int
    span: Range | None


def series_facts(connection: sqlite3.Connection, shares: Trading, now: int) -> list[SeriesFacts]:
    """The shortest interval first. A hole lies within what was asked for, and counts though the source has it no more.

    Raises sqlite3.Error.
    """
    by_interval: dict[Interval, list[str]] = defaultdict(list)
    for symbol, intervals in _kept(connection).items():
        for interval in intervals:
            by_interval[interval].append(symbol)
    found = []
    for interval, symbols in sorted(by_interval.items()):
        given, with_holes = list[Asked](), 0
        for symbol, ledger in _ledger(connection, symbols, interval).items():
            given += [asked for asked in ledger if asked.answer in {Answer.COMPLETE, Answer.PROVISIONAL}]
            wanted = _span([asked for asked in ledger if asked.answer is not Answer.EMPTY])
            trading = trading_of(symbol, shares)
            with_holes += bool(wanted and unanswered(ledger, interval, wanted, now, trading))
        found.append(SeriesFacts(interval, len(symbols), with_holes, _span(given)))
    return found


def _span(ledger: Sequence[Asked]) -> Range | None:
    return (min(asked.start for asked in ledger), max(asked.end for asked in ledger)) if ledger else None


def _failed_due(connection: sqlite3.Connection, now: int) -> list[tuple[str, Interval, Asked]]:
    rows = connection.execute(
        "SELECT symbol, series, from_ms, to_ms, state, noted_ms, until_ms, attempts"
        " FROM coverage JOIN instrument ON id = instrument_id WHERE state = 'failed' AND until_ms <= ?",
        (now,),
    )
    return [(symbol, Interval.parse(series), _asked(*row)) for symbol, series, *row in rows]


_BAR = """
SELECT open, high, low, close, volume, source, first_seen, last_seen, EXISTS (
    SELECT 1 FROM coverage WHERE instrument_id = id AND series = ?4 AND state = 'complete'
    AND from_ms <= start_ms AND to_ms > start_ms
) FROM bar JOIN instrument ON id = instrument_id WHERE symbol = ?1 AND interval_s = ?2 AND start_ms = ?3
"""
_REVISIONS = """
SELECT open, high, low, close, volume, source, revision, replaced_ms
FROM bar_revision JOIN instrument ON id = instrument_id
WHERE symbol = ? AND interval_s = ? AND start_ms = ? ORDER BY revision
"""


_REVISED = """
SELECT DISTINCT start_ms FROM bar_revision WHERE instrument_id = (SELECT id FROM instrument WHERE symbol = ?)
AND interval_s = ? AND start_ms >= ? AND start_ms < ? ORDER BY start_ms LIMIT ?
"""


def _provenance(connection: sqlite3.Connection, symbol: str, interval: Interval, start_ms: int) -> Provenance | None:
    key = symbol, int(interval), start_ms
    row = connection.execute(_BAR, (*key, interval.label)).fetchone()
    if row is None:
        return None
    *values, first_seen, last_seen, confirmed = row
    revisions = tuple(
        Revision(_bar(symbol, interval, start_ms, *was), revision, replaced_ms)
        for *was, revision, replaced_ms in connection.execute(_REVISIONS, key)
    )
    return Provenance(_bar(symbol, interval, start_ms, *values), first_seen, last_seen, bool(confirmed), revisions)


def _bar(symbol: str, interval: Interval, start_ms: int, *values: Any) -> Bar:
    open_, high, low, close, volume, source = values
    return Bar(symbol, interval, start_ms, open_, high, low, close, volume, BarSource(source))
