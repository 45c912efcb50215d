"""How bars compare that two sources tell of: streamed minutes with history, longer bars made here with Schwab's own."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from monitor.analysis.coverage import trading_of
from monitor.analysis.rollups import base_of, parts_within
from monitor.market.bar import Bar, BarSource, Interval
from monitor.ports import Difference, Reconciliation

#: Streamed minutes that history has answered for, and left as they are.
_CONFIRMED = """
SELECT count(*) FROM coverage AS asked JOIN bar ON bar.instrument_id = asked.instrument_id AND interval_s = 60
    AND start_ms >= max(from_ms, ?1) AND start_ms < min(to_ms, ?2)
WHERE series = '1m' AND state = 'complete' AND source = 'stream'
"""
#: Streamed minutes that history has replaced: what was streamed last, and what stands now.
_CORRECTED = """
SELECT symbol, was.start_ms, was.open, was.high, was.low, was.close, was.volume,
    bar.open, bar.high, bar.low, bar.close, bar.volume
FROM bar_revision AS was JOIN bar USING (instrument_id, interval_s, start_ms) JOIN instrument ON id = instrument_id
WHERE interval_s = 60 AND was.start_ms >= ?1 AND was.start_ms < ?2 AND was.source = 'stream' AND bar.source = 'rest'
    AND NOT EXISTS (
        SELECT 1 FROM bar_revision AS later WHERE later.instrument_id = was.instrument_id
        AND later.interval_s = was.interval_s AND later.start_ms = was.start_ms
        AND later.revision > was.revision AND later.source = 'stream'
    )
"""


def streamed_minutes(connection: sqlite3.Connection, start_ms: int, end_ms: int, limit: int) -> Reconciliation:
    """Streamed minutes of [start_ms, end_ms) that history has answered for, and what it said otherwise."""
    (confirmed,) = connection.execute(_CONFIRMED, (start_ms, end_ms)).fetchone()
    differences = [
        _difference(
            _bar(symbol, Interval.M1, at, *values[:5], BarSource.STREAM),
            _bar(symbol, Interval.M1, at, *values[5:], BarSource.REST),
        )
        for symbol, at, *values in connection.execute(_CORRECTED, (start_ms, end_ms))
    ]
    return _worst_first(differences, confirmed + len(differences), limit)


#: Schwab's prices have four digits behind the point: the last of them may be rounded.
_ROUNDING = 0.0001 + 1e-9
#: Schwab's own bars within the day, of days of which all minutes are here, as bar_day and the ledger tell.
_OWN_WITHIN_DAYS = """
SELECT symbol, id, own.interval_s, own.start_ms, own.open, own.high, own.low, own.close, own.volume
FROM bar_day AS day JOIN instrument ON id = day.instrument_id
JOIN bar AS own ON own.instrument_id = id AND own.interval_s = day.interval_s
    AND own.start_ms >= day.day_ms AND own.start_ms < day.day_ms + 86400000
WHERE day.interval_s > 60 AND streamed + fetched > 0 AND day_ms > ?1 - 86400000 AND day_ms < ?2
    AND own.source <> 'computed' AND own.last_seen >= own.start_ms + own.interval_s * 1000
    AND own.start_ms >= ?1 AND own.start_ms < ?2
"""
#: And its days, of which minutes are here.
_OWN_DAYS = """
SELECT symbol, id, own.interval_s, own.start_ms, own.open, own.high, own.low, own.close, own.volume
FROM bar_day AS day JOIN instrument ON id = day.instrument_id
JOIN bar AS own ON own.instrument_id = id AND own.interval_s = 86400 AND own.start_ms = day_ms
WHERE day.interval_s = 60 AND own.source <> 'computed' AND day_ms >= ?1 AND day_ms < ?2
"""
_COMPLETE = """
SELECT 1 FROM coverage WHERE instrument_id = ? AND series = ? AND state = 'complete' AND from_ms <= ? AND to_ms >= ?
"""
_MADE = """
SELECT (SELECT open FROM bar WHERE {0} ORDER BY start_ms LIMIT 1), max(high), min(low),
    (SELECT close FROM bar WHERE {0} ORDER BY start_ms DESC LIMIT 1), total(volume)
FROM bar WHERE {0} HAVING count(*) > 0
""".format("instrument_id = ?1 AND interval_s = ?2 AND start_ms >= ?3 AND start_ms < ?4")


def longer_bars(connection: sqlite3.Connection, start_ms: int, end_ms: int, limit: int) -> Reconciliation:
    """Schwab's own longer bars of [start_ms, end_ms) of which all minutes are here, and what these say otherwise."""
    differences, compared = [], 0
    for made, own in _pairs(connection, start_ms, end_ms):
        compared += 1
        found = _difference(made, own)
        # The volume of a day counts the hours before and after the regular session too.
        if found.price > _ROUNDING or (found.volume and own.interval is not Interval.DAY):
            differences.append(found)
    return _worst_first(differences, compared, limit)


def _pairs(connection: sqlite3.Connection, start_ms: int, end_ms: int) -> Iterator[tuple[Bar, Bar]]:
    span = max(start_ms, 0), end_ms
    for sql in (_OWN_WITHIN_DAYS, _OWN_DAYS):
        for symbol, number, interval_s, at, *values in connection.execute(sql, span):
            interval = Interval(interval_s)
            begin, end = parts_within(at, interval, trading_of(symbol))
            base = base_of(interval)
            if not connection.execute(_COMPLETE, (number, base.label, begin, end)).fetchone():
                continue
            made = connection.execute(_MADE, (number, int(base), begin, end)).fetchone()
            if made is not None:
                yield (
                    _bar(symbol, interval, at, *made[:4], _as_sent(made[4]), BarSource.COMPUTED),
                    _bar(symbol, interval, at, *values, BarSource.REST),
                )


def _as_sent(volume: float) -> float:
    return int(volume) if volume.is_integer() else volume


def _worst_first(differences: list[Difference], compared: int, limit: int) -> Reconciliation:
    differences.sort(key=lambda d: (-d.percent, -abs(d.volume), d.was.symbol, d.was.start))
    return Reconciliation(compared, len(differences), tuple(differences[:limit]))


def _difference(was: Bar, now: Bar) -> Difference:
    pairs = [(was.open, now.open), (was.high, now.high), (was.low, now.low), (was.close, now.close)]
    price = max(abs(theirs - ours) for ours, theirs in pairs)
    percent = max((abs(theirs - ours) / abs(theirs) * 100 for ours, theirs in pairs if theirs), default=0.0)
    return Difference(was, now, price, percent, now.volume - was.volume)


def _bar(symbol: str, interval: Interval, start_ms: int, *values: Any) -> Bar:
    open_, high, low, close, volume, source = values
    return Bar(symbol, interval, start_ms, open_, high, low, close, volume, BarSource(source))
