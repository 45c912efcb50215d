"""A heat grid of coverage, fifty symbols by a year: read from the day counts beside counting the bars, in one run.

Run: ``python -m benchmarks.coverage``. Five million minutes are on disk; the grid is the best of five, in milliseconds.
Also told: how long it takes to count all of them once, as an older database does when it is opened.
"""

import asyncio
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from benchmarks.report import report
from monitor.analysis.coverage import Answer, Asked, DayState
from monitor.clock import now_ms
from monitor.market.bar import Interval
from monitor.market.calendar import Phase, sessions, trading_days
from monitor.store import open_store
from monitor.store.bar_days import count_all

SYMBOLS = [f"S{number:02d}" for number in range(50)]
RUNS = 5
_DAY_MS = 86_400_000
_COUNT_THE_BARS = """
SELECT instrument_id, start_ms / 86400000, sum(source = 'stream'), sum(source = 'rest'), count(*) FROM bar
WHERE interval_s = 60 AND start_ms >= ? GROUP BY 1, 2
"""


def minutes(days: list[date]) -> Iterator[tuple[int, int, str]]:
    """Each symbol's regular minutes: instrument, start and source."""
    starts = [
        (start, source)
        for number, day in enumerate(days)
        for session in sessions(day)
        if session.phase is Phase.REGULAR
        for start in range(session.start, session.end, 60_000)
        for source in ("stream" if number % 3 else "rest",)
    ]
    for number in range(1, len(SYMBOLS) + 1):
        yield from ((number, start, source) for start, source in starts)


async def make(path: Path, days: list[date]) -> float:
    """A database with a year of minutes and a ledger that has been written to every day; seconds to count the bars."""
    rng, now = random.Random(7), now_ms()
    store = open_store(path, sandbox=True, on_trouble=print)
    for symbol in SYMBOLS:
        store.recorder.record_coverage(symbol, Interval.M1, Asked(now - 380 * _DAY_MS, now, Answer.COMPLETE, now))
        for _ in range(30):
            start = now - rng.randrange(370) * _DAY_MS
            failed = Asked(start, start + _DAY_MS, Answer.FAILED, now, now + _DAY_MS, 1)
            store.recorder.record_coverage(symbol, Interval.M1, failed)
    await store.recorder.flushed()
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany("INSERT INTO bar VALUES (?, 60, ?, 1, 1, 1, 1, 1, ?, 0, 0, 0)", minutes(days))
        began = time.perf_counter()
        count_all(connection)
        connection.commit()
        return time.perf_counter() - began


async def grid(path: Path, first: date, last: date) -> float:
    """Milliseconds until every cell is there."""
    store = open_store(path, sandbox=True, on_trouble=print)
    best = float("inf")
    for _ in range(RUNS):
        began = time.perf_counter()
        found = await store.coverage.days(SYMBOLS, Interval.M1, first, last)
        best = min(best, time.perf_counter() - began)
    assert all(day.state is DayState.COMPLETE for days in found.values() for day in days[:-1])
    await store.close()
    return best * 1000


def counted(path: Path, first: date) -> float:
    """Milliseconds to count the same bars by day where no table of days is kept."""
    best = float("inf")
    with closing(sqlite3.connect(path)) as connection:
        for _ in range(2):
            began = time.perf_counter()
            connection.execute(_COUNT_THE_BARS, (sessions(first)[0].start,)).fetchall()
            best = min(best, time.perf_counter() - began)
    return best * 1000


def main() -> None:
    last = date.fromtimestamp(now_ms() / 1000)  # noqa: DTZ012  any day near today will do
    days = trading_days(last - timedelta(days=365), last)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "monitor.db"
        counting = asyncio.run(make(path, days))
        ours, peer = asyncio.run(grid(path, days[0], last)), counted(path, days[0])
    report(
        "coverage",
        {
            "grid_ms": round(ours, 1),
            "counting_bars_ms": round(peer, 1),
            "ratio": round(peer / ours, 1),
            "count_all_seconds": round(counting, 2),
        },
    )


if __name__ == "__main__":
    main()
