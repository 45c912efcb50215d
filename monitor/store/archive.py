"""The archive: bars, prints, instruments and coverage, read from disk for charts and panels."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterable

import numpy as np

from monitor.analysis.bars import aggregate, join
from monitor.market.bar import BAR_DTYPE, BarSeries, Interval
from monitor.market.gap import Cause, Gap
from monitor.market.instrument import Instrument
from monitor.market.trade import Side, Trade
from monitor.ports import AuditEntry
from monitor.store.connect import one_moment
from monitor.store.minute_packs import read_minutes
from monitor.store.reader import Reader
from monitor.store.rollups import FINAL, built_from, is_due
from monitor.store.tiers.reading import TierReader, last_rows

_LAST_MS = 2**62
_MINUTE_MS = 60_000


class StoredArchive:
    """Implements Archive."""

    def __init__(self, reader: Reader, tiers: TierReader, pack: Callable[[int], None] = lambda _: None) -> None:
        """``pack(number)`` is called on the loop for an instrument whose minutes should be packed."""
        self._reader = reader
        self._tiers = tiers
        self._pack = pack

    async def audit(self, limit: int) -> list[AuditEntry]:
        return await self._reader.ask(lambda connection: _audit(connection, limit))

    async def bars(self, symbol: str, interval: Interval, start_ms: int = 0, end_ms: int = _LAST_MS) -> BarSeries:
        if interval is Interval.M1:
            return await self._minutes(symbol, start_ms, end_ms)
        if not interval.kept:
            margin = interval.milliseconds + _MINUTE_MS
            minutes = await self._minutes(symbol, start_ms - margin, min(end_ms, _LAST_MS) + margin)
            found = await asyncio.to_thread(aggregate, minutes, interval)
            return found[(found["start"] >= start_ms) & (found["start"] < end_ms)]
        return await self._reader.ask(lambda connection: _bars(connection, symbol, interval, start_ms, end_ms))

    async def _minutes(self, symbol: str, start_ms: int, end_ms: int) -> BarSeries:
        number, found, worth_packing = await self._reader.ask(lambda c: _minutes(c, symbol, start_ms, end_ms))
        if worth_packing:
            self._pack(number)
        return found

    async def coverage(self, symbol: str, interval: Interval) -> list[tuple[int, int]]:
        return await self._reader.ask(lambda connection: read_coverage(connection, symbol, interval))

    async def gaps(self, symbol: str, start_ms: int = 0, end_ms: int = _LAST_MS) -> list[Gap]:
        return await self._reader.ask(lambda connection: read_gaps(connection, symbol, start_ms, end_ms))

    async def trades(self, symbol: str, limit: int) -> list[Trade]:
        return await self._reader.ask(lambda connection: _trades(connection, self._tiers, symbol, limit))

    async def find_instruments(self, text: str, limit: int = 20) -> list[Instrument]:
        return await self._reader.ask(lambda connection: _find(connection, text, limit))


def _audit(connection: sqlite3.Connection, limit: int) -> list[AuditEntry]:
    rows = connection.execute("SELECT at_ms, kind, sentence FROM audit ORDER BY id DESC LIMIT ?", (limit,))
    return [AuditEntry(*row) for row in rows]


_BARS = """
SELECT start_ms, open, high, low, close, volume FROM bar
WHERE instrument_id = (SELECT id FROM instrument WHERE symbol = ?)
  AND interval_s = ? AND start_ms >= ? AND start_ms < ?{} ORDER BY start_ms
"""
_ALL, _OWN = _BARS.format(""), _BARS.format(f" AND {FINAL}")


def _minutes(connection: sqlite3.Connection, symbol: str, start_ms: int, end_ms: int) -> tuple[int, BarSeries, bool]:
    """The instrument's number, its minutes, and whether they should be packed."""
    with one_moment(connection):
        (number,) = connection.execute("SELECT id FROM instrument WHERE symbol = ?", (symbol,)).fetchone() or (0,)
        return number, *read_minutes(connection, number, start_ms, end_ms)


def _bars(connection: sqlite3.Connection, symbol: str, interval: Interval, start_ms: int, end_ms: int) -> BarSeries:
    base = built_from(interval)
    if interval is base or not is_due(connection, symbol):
        return _stored_bars(connection, _ALL, symbol, interval, start_ms, end_ms)
    # A bar at the edge of the range is built from all of its own minutes or days.
    margin = interval.milliseconds + base.milliseconds
    parts = _stored_bars(connection, _ALL, symbol, base, start_ms - margin, min(end_ms, _LAST_MS) + margin)
    built = aggregate(parts, interval)
    inside = (built["start"] >= start_ms) & (built["start"] < end_ms)
    return join(built[inside], _stored_bars(connection, _OWN, symbol, interval, start_ms, end_ms))


def _stored_bars(
    connection: sqlite3.Connection, sql: str, symbol: str, interval: Interval, start: int, end: int
) -> BarSeries:
    return np.fromiter(connection.execute(sql, (symbol, int(interval), start, end)), dtype=BAR_DTYPE)


def read_coverage(connection: sqlite3.Connection, symbol: str, interval: Interval) -> list[tuple[int, int]]:
    rows = connection.execute(
        "SELECT from_ms, to_ms FROM coverage WHERE instrument_id = (SELECT id FROM instrument WHERE symbol = ?)"
        " AND series = ? AND state IN ('complete', 'provisional', 'empty') ORDER BY from_ms",
        (symbol, interval.label),
    )
    return _united(rows)


def _united(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ascending ranges, those that touch or overlap made one."""
    result: list[tuple[int, int]] = []
    for start, end in ranges:
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((start, end))
    return result


def read_gaps(connection: sqlite3.Connection, symbol: str, start_ms: int, end_ms: int) -> list[Gap]:
    rows = connection.execute(
        "SELECT service, from_ms, cause, to_ms, symbol, sentence FROM gap WHERE symbol IN ('', ?)"
        " AND from_ms < ? AND ifnull(to_ms, 1 << 62) > ? ORDER BY from_ms, service, symbol",
        (symbol, end_ms, start_ms),
    )
    return [Gap(service, from_ms, Cause(cause), *rest) for service, from_ms, cause, *rest in rows]


def _trades(connection: sqlite3.Connection, tiers: TierReader, symbol: str, limit: int) -> list[Trade]:
    rows = last_rows(connection, tiers, "trade", "time, price, size, volume, unseen, side", symbol, limit)
    return [
        Trade(symbol, time, price, size, volume, unseen, Side(side))
        for _, time, price, size, volume, unseen, side in reversed(rows)
    ]


_FACTS = "symbol, description, exchange, asset_type"
_BY_SYMBOL = f"SELECT {_FACTS} FROM instrument WHERE symbol >= ? AND symbol < ? ORDER BY symbol LIMIT ?"
_BY_WORDS = f"""
SELECT {_FACTS} FROM instrument WHERE id IN (SELECT rowid FROM instrument_fts WHERE instrument_fts MATCH ?)
ORDER BY symbol LIMIT ?
"""


def _find(connection: sqlite3.Connection, text: str, limit: int) -> list[Instrument]:
    """Symbols that begin with the text first, the exact one leading; then those with words that begin so."""
    prefix = text.strip().upper()
    if not prefix:
        return []
    rows = connection.execute(_BY_SYMBOL, (prefix, prefix + "\U0010ffff", limit)).fetchall()
    words = re.findall(r"\w+", text)
    if words and len(rows) < limit:
        match = " ".join(f'"{word}"*' for word in words)
        rows += connection.execute(_BY_WORDS, (match, limit)).fetchall()
    return [Instrument(*row) for row in dict.fromkeys(rows)][:limit]
