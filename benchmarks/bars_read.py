"""Bars from disk for a chart: a window of hours, and a million minutes, beside the plain ways to read them.

Run: ``python -m benchmarks.bars_read``. The database holds a million minutes, ten years of a symbol's regular sessions,
and the longer bars that the store has made of them. The window of 5,000 hours is read through the archive, from the
loop to the array; beside it the same hours are built from their minutes, as has to be done where only those are kept.
All minutes are read through the archive as well, the first time row by row, which has the store pack them; and by
``fetchall`` into numpy. The best of several runs, in turn.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import report
from monitor.analysis.bars import aggregate
from monitor.market.bar import BAR_DTYPE, Bar, BarSeries, Interval
from monitor.market.calendar import Phase, sessions
from monitor.store import Store, open_store

BARS, WINDOW, RUNS, WINDOW_RUNS = 1_000_000, 5_000, 5, 40
_SYMBOL, _FIRST_DAY = "AAPL", date(2016, 1, 4)
_STRETCHES = 151  # of 25 days, in which the minutes lie
_SQL = """
SELECT start_ms, open, high, low, close, volume FROM bar
WHERE instrument_id = 1 AND interval_s = 60 AND start_ms >= ? ORDER BY start_ms
"""


def minutes() -> list[Bar]:
    """A million minutes of regular sessions, prices in cents, ascending."""
    rng = np.random.default_rng(7)
    starts: list[int] = []
    day = _FIRST_DAY
    while len(starts) < BARS:
        for session in sessions(day):
            if session.phase is Phase.REGULAR:
                starts += range(session.start, session.end, 60_000)
        day += timedelta(days=1)
    closes = (10_000 + np.cumsum(rng.integers(-5, 6, BARS))).tolist()
    volumes = rng.integers(1, 1_000_000, BARS).tolist()
    return [
        Bar(_SYMBOL, Interval.M1, start, c / 100, (c + 3) / 100, (c - 3) / 100, c / 100, volume)
        for start, c, volume in zip(starts, closes, volumes, strict=False)
    ]


async def filled(path: Path) -> Store:
    store = open_store(path, sandbox=True, on_trouble=print)
    bars = minutes()
    for first in range(0, BARS, 10_000):
        store.recorder.record_bars(bars[first : first + 10_000])
        await store.recorder.flushed()
    return store


def fetched(path: Path, since: int = 0) -> BarSeries:
    """The minutes, by a plain query into a list and from there into numpy."""
    connection = sqlite3.connect(path)
    rows = connection.execute(_SQL, (since,)).fetchall()
    connection.close()
    return np.array(rows, BAR_DTYPE)


def fetched_one(path: Path, sql: str) -> int:
    connection = sqlite3.connect(path)
    (found,) = connection.execute(sql).fetchone()
    connection.close()
    return int(found)


async def best(runs: int, *ways: Callable[[], Awaitable[BarSeries]]) -> list[float]:
    """The shortest time that each of the ways took, in ms; they take turns."""
    took = [float("inf")] * len(ways)
    for _ in range(runs):
        for number, way in enumerate(ways):
            started = time.perf_counter()
            await way()
            took[number] = min(took[number], (time.perf_counter() - started) * 1000)
    return took


async def compare(folder: Path) -> dict[str, Any]:
    path = folder / "monitor.db"
    store = await filled(path)
    archive = store.archive
    hours = await archive.bars(_SYMBOL, Interval.H1)
    since = int(hours["start"][-WINDOW])

    async def window() -> BarSeries:
        return await archive.bars(_SYMBOL, Interval.H1, since)

    async def window_built() -> BarSeries:
        return aggregate(fetched(path, since), Interval.H1)

    async def all_minutes() -> BarSeries:
        return await archive.bars(_SYMBOL, Interval.M1)

    async def all_fetched() -> BarSeries:
        return fetched(path)

    assert np.array_equal(await window(), await window_built())
    assert len(await window()) == WINDOW
    started = time.perf_counter()
    first = await all_minutes()
    by_row = (time.perf_counter() - started) * 1000
    assert np.array_equal(first, await all_fetched())
    for _ in range(1_000):
        if fetched_one(path, "SELECT count(*) FROM minute_pack") == _STRETCHES:
            break
        await asyncio.sleep(0.05)
    packed = fetched_one(path, "SELECT sum(length(bars)) FROM minute_pack")
    assert np.array_equal(await all_minutes(), first)
    kept, built = await best(WINDOW_RUNS, window, window_built)
    ours, plain = await best(RUNS, all_minutes, all_fetched)
    await store.close()
    return {
        "window_5000_hours_ms": round(kept, 2),
        "window_built_from_minutes_ms": round(built, 1),
        "window_ratio": round(built / kept, 1),
        "million_minutes_ms": round(ours),
        "million_minutes_by_row_ms": round(by_row),
        "packed_bytes_a_minute": round(packed / BARS, 1),
        "fetchall_numpy_ms": round(plain),
        "ratio": round(plain / ours, 2),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        report("bars_read", asyncio.run(compare(Path(folder))))


if __name__ == "__main__":
    main()
