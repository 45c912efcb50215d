"""Longer bars on disk: made of minutes and days by the writer, in the transaction that brings those.

However many bars are concerned it takes a few statements, for each row that is read or written by itself would wait for
the interpreter's lock. What was on disk before longer bars were kept is made up for in slices (``fill``).
"""

import json
import logging
import math
import sqlite3
import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monitor.analysis.bars import interval_end
from monitor.analysis.coverage import trading_of
from monitor.analysis.rollups import MADE_OF, base_of, buckets
from monitor.clock import now_ms
from monitor.market.bar import Interval
from monitor.market.bar_fault import LATEST_MS
from monitor.store.insert import Insert

_log = logging.getLogger(__name__)

_AGAIN_SECONDS = 60.0
#: Schwab's own bar of a longer interval that came once its time was over; of days also the running one. Those stay.
FINAL = (
    "(bar.source <> 'computed' AND (bar.interval_s = 86400 OR bar.last_seen >= bar.start_ms + bar.interval_s * 1000))"
)

_BUCKETS = """
CREATE TEMP TABLE IF NOT EXISTS bucket (
    id INTEGER PRIMARY KEY, start_ms INTEGER NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL
)
"""
_NOTE = Insert("INSERT INTO bucket (start_ms, from_ms, to_ms)", 3)
_PART = "part.instrument_id = ?1 AND part.interval_s = ?2 AND part.start_ms"
_PARTS = f"{_PART} >= from_ms AND {_PART} < to_ms"
# Grouped by the key of the outer table, so that nothing is sorted. Who takes the place of one of Schwab's bars raises
# the revision.
_MAKE = """
INSERT INTO bar (instrument_id, interval_s, start_ms, open, high, low, close, volume, source, first_seen, last_seen)
SELECT ?1, ?3, start_ms, (SELECT open FROM bar AS part WHERE {parts} ORDER BY part.start_ms LIMIT 1), high, low,
    (SELECT close FROM bar AS part WHERE {parts} ORDER BY part.start_ms DESC LIMIT 1), volume, 'computed', ?4, ?4
FROM (
    SELECT bucket.start_ms, from_ms, to_ms, max(high) AS high, min(low) AS low, {add}(volume) AS volume
    FROM bucket CROSS JOIN bar AS part WHERE {parts} GROUP BY bucket.id
) WHERE true
ON CONFLICT (instrument_id, interval_s, start_ms) DO UPDATE SET
    open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
    source = 'computed', revision = bar.revision + (bar.source <> 'computed'), last_seen = excluded.last_seen
WHERE NOT {final}
"""
_MAKE_EXACT, _MAKE_FLOAT = (_MAKE.format(parts=_PARTS, add=add, final=FINAL) for add in ("sum", "total"))
_DROP = f"""
DELETE FROM bar WHERE instrument_id = ?1 AND interval_s = ?3 AND source = 'computed' AND start_ms IN (
    SELECT start_ms FROM bucket WHERE NOT EXISTS (SELECT 1 FROM bar AS part WHERE {_PARTS})
)
"""
#: Makes all longer bars anew, which ``fill`` does.
ALL_DUE = """
INSERT OR REPLACE INTO rollup_due
SELECT id, 0 FROM instrument WHERE EXISTS (SELECT 1 FROM bar WHERE instrument_id = id)
"""
#: Of which intervals within the day Schwab's own bars are here; they need not be what the minutes say.
_OWN = """
SELECT DISTINCT interval_s FROM bar_day
WHERE instrument_id = ? AND interval_s > 60 AND streamed + fetched > 0
"""


def roll(
    connection: sqlite3.Connection,
    number: int,
    symbol: str,
    base: Interval,
    starts: Sequence[int] | npt.NDArray[np.int64],
    seen_ms: int,
    *,
    gone: bool = False,
) -> None:
    """Make the longer bars anew that minutes or days (``base``) with these ``starts`` belong to.

    ``gone`` says that some of those are on disk no more. Raises sqlite3.Error.
    """
    touched = np.unique(np.asarray(starts, np.int64))
    touched = touched[(touched >= 0) & (touched < LATEST_MS)]
    trading = trading_of(symbol)
    days: list[int] = []
    own = _own(connection, number)
    connection.execute(_BUCKETS)
    for interval, parts in MADE_OF.items():
        if base_of(interval) is not base:
            continue
        found = buckets(touched, interval, trading)
        if not len(found):
            continue
        if parts in own and parts is not base:
            parts = base
        _NOTE.run(connection, found.tolist())
        key = number, int(parts), int(interval)
        _make(connection, (*key, seen_ms))
        if gone:
            connection.execute(_DROP, key)
        connection.execute("DELETE FROM bucket")
        if interval is Interval.M5:
            touched = found[:, 0]  # all that is longer is made of them
        elif interval is Interval.DAY:
            days = found[:, 0].tolist()
    if days:
        roll(connection, number, symbol, Interval.DAY, days, seen_ms, gone=gone)


def roll_without(
    connection: sqlite3.Connection, number: int, symbol: str, interval: Interval, starts: Sequence[int], seen_ms: int
) -> None:
    """Make the longer bars as they are without the bars of ``interval`` with these ``starts``. Raises sqlite3.Error.

    Where one of Schwab's own longer bars went, its place is taken by what minutes or days say.
    """
    if not starts:
        return
    if interval is not Interval.M1:
        base = base_of(interval)
        first, end = min(starts), interval_end(max(starts), interval)
        roll(connection, number, symbol, base, starts_within(connection, number, base, first, end), seen_ms)
    if interval in (Interval.M1, Interval.DAY):
        roll(connection, number, symbol, interval, starts, seen_ms, gone=True)


def _make(connection: sqlite3.Connection, values: tuple[int, ...]) -> None:
    try:
        connection.execute(_MAKE_EXACT, values)
    except sqlite3.OperationalError as error:
        if "overflow" not in str(error):
            raise
        connection.execute(_MAKE_FLOAT, values)


def _own(connection: sqlite3.Connection, number: int) -> set[int]:
    return {interval_s for (interval_s,) in connection.execute(_OWN, (number,))}


#: Minutes that ``fill`` takes at once: some hundredths of a second.
SLICE = 10_000
_MINUTES = """
SELECT json_group_array(start_ms) FROM (
    SELECT start_ms FROM bar WHERE instrument_id = ? AND interval_s = 60 AND start_ms >= ? ORDER BY start_ms LIMIT ?
)
"""


class Filling:
    """When longer bars are made of what was on disk before: a slice whenever nothing else waits for the writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        due = connection.execute("SELECT 1 FROM rollup_due LIMIT 1").fetchone()
        self._at = 0.0 if due else math.inf

    @property
    def due(self) -> bool:
        return time.monotonic() >= self._at

    def make(self, connection: sqlite3.Connection) -> None:
        """Make a slice, in a transaction of its own."""
        try:
            connection.execute("BEGIN IMMEDIATE")
            more = fill(connection, now_ms())
            connection.execute("COMMIT")
        except sqlite3.Error as error:  # the next batch tells it, if it is the disk's fault
            _log.warning("longer bars were not made: %s", error)
            self._at = time.monotonic() + _AGAIN_SECONDS
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        else:
            self._at = 0.0 if more else math.inf


def fill(connection: sqlite3.Connection, seen_ms: int) -> bool:
    """Make the longer bars of one slice of what is due; False when nothing is. Raises sqlite3.Error."""
    row = connection.execute(
        "SELECT id, symbol, from_ms FROM rollup_due JOIN instrument ON id = instrument_id LIMIT 1"
    ).fetchone()
    if row is None:
        return False
    number, symbol, from_ms = row
    minutes = _starts(connection, _MINUTES, (number, from_ms, SLICE))
    if minutes:
        roll(connection, number, symbol, Interval.M1, minutes, seen_ms)
        connection.execute("UPDATE rollup_due SET from_ms = ? WHERE instrument_id = ?", (minutes[-1] + 1, number))
    else:
        days = starts_within(connection, number, Interval.DAY, 0, LATEST_MS)
        roll(connection, number, symbol, Interval.DAY, days, seen_ms)
        connection.execute("DELETE FROM rollup_due WHERE instrument_id = ?", (number,))
    return True


def built_from(interval: Interval) -> Interval:
    """What bars of ``interval`` are built from as long as longer ones are due: minutes within the day, days above."""
    return Interval.M1 if interval.intraday else Interval.DAY


def is_due(connection: sqlite3.Connection, symbol: str) -> bool:
    """Whether longer bars of ``symbol`` are still to be made of what was on disk before they were kept."""
    sql = "SELECT 1 FROM rollup_due WHERE instrument_id = (SELECT id FROM instrument WHERE symbol = ?)"
    return connection.execute(sql, (symbol,)).fetchone() is not None


def starts_within(connection: sqlite3.Connection, number: int, interval: Interval, first: int, end: int) -> list[int]:
    """When the bars of an instrument start that do so in [first, end), in one row."""
    sql = "SELECT json_group_array(start_ms) FROM bar WHERE instrument_id = ? AND interval_s = ? AND start_ms >= ?"
    return _starts(connection, sql + " AND start_ms < ?", (number, int(interval), first, end))


def _starts(connection: sqlite3.Connection, sql: str, values: tuple[int, ...]) -> list[int]:
    found: list[int] = json.loads(connection.execute(sql, values).fetchone()[0])
    return found
