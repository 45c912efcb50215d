"""How many bars within the day each trading day has, kept beside them in ``bar_day`` so that a year is read at once.

Longer bars that are made of minutes here do not count.
"""

import sqlite3
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from monitor.analysis.bars import day_start, interval_starts
from monitor.market.bar import Interval

#: Beyond it no calendar goes (the year 2109).
LATEST_MS = 2**42
#: Long enough to reach the next midnight of any day.
_PAST_MIDNIGHT_MS = 90_000_000

#: A day of an instrument: its number, the interval in seconds, and the day's first and last moment.
Day = tuple[int, int, int, int]

_COUNT = """
INSERT INTO bar_day (instrument_id, interval_s, day_ms, streamed, fetched, computed)
SELECT ?1, ?2, ?3, total(source = 'stream'), total(source IN ('rest', 'import')),
    total(source = 'computed' AND interval_s = 60)
FROM bar WHERE instrument_id = ?1 AND interval_s = ?2 AND start_ms >= ?3 AND start_ms < ?4
ON CONFLICT DO UPDATE SET
    streamed = excluded.streamed, fetched = excluded.fetched, computed = excluded.computed
"""


def days_of(number: int, interval_s: int, starts: npt.NDArray[np.int64]) -> set[Day]:
    """The days that hold the bars within the day of one series with these ascending ``starts``."""
    if interval_s >= Interval.DAY:
        return set()
    midnights = set(interval_starts(starts, Interval.DAY).tolist())
    return {(number, interval_s, *_day(midnight)) for midnight in midnights}


def count(connection: sqlite3.Connection, days: Iterable[Day]) -> None:
    """Count the bars of ``days`` anew. Raises sqlite3.Error."""
    for day in sorted(days):
        connection.execute(_COUNT, day)


def count_all(connection: sqlite3.Connection) -> None:
    """Count the bars of every day there is. Raises sqlite3.Error."""
    series = connection.execute(
        "SELECT instrument_id, interval_s, min(start_ms) FROM bar WHERE interval_s < 86400 AND start_ms >= 0"
        " GROUP BY instrument_id, interval_s"
    ).fetchall()
    for number, interval_s, first_ms in series:
        start: int | None = first_ms
        while start is not None and start < LATEST_MS:
            first, last = _day(start)
            connection.execute(_COUNT, (number, interval_s, first, last))
            start = connection.execute(
                "SELECT min(start_ms) FROM bar WHERE instrument_id = ? AND interval_s = ? AND start_ms >= ?",
                (number, interval_s, last),
            ).fetchone()[0]
    connection.execute("DELETE FROM bar_day WHERE streamed + fetched + computed = 0")


def recount(connection: sqlite3.Connection, number: int, interval_s: int, start_ms: int, end_ms: int) -> None:
    """Count the days of one series anew that overlap [start_ms, end_ms); the empty ones go. Raises sqlite3.Error."""
    key = number, interval_s
    days = connection.execute(
        "SELECT day_ms FROM bar_day WHERE instrument_id = ? AND interval_s = ? AND day_ms > ? AND day_ms < ?",
        (*key, start_ms - _PAST_MIDNIGHT_MS, end_ms),
    ).fetchall()
    count(connection, {(*key, *_day(day_ms)) for (day_ms,) in days})
    connection.execute(
        "DELETE FROM bar_day WHERE instrument_id = ? AND interval_s = ? AND streamed + fetched + computed = 0", key
    )


def _day(ms: int) -> tuple[int, int]:
    first = day_start(ms)
    return first, day_start(first + _PAST_MIDNIGHT_MS)
