"""Bars on disk: what replaces what, and longer bars built from minutes and days."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from monitor.market.bar import BarSource, Interval, series
from monitor.store import Store
from tests.support.builders import a_bar, ms
from tests.unit.store.conftest import Rows

STREAM, REST, COMPUTED = BarSource.STREAM, BarSource.REST, BarSource.COMPUTED


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((STREAM, 100.0), (REST, 100), ("100.0", "stream", 0)),
        ((STREAM, 100), (REST, 100.5), ("100.5", "rest", 1)),
        ((REST, 100), (STREAM, 101), ("101", "stream", 1)),
        ((COMPUTED, 100), (STREAM, 101), ("101", "stream", 1)),
        ((COMPUTED, 100), (STREAM, 100), ("100", "stream", 0)),
        ((COMPUTED, 100), (COMPUTED, 101), ("101", "computed", 1)),
        ((STREAM, 100), (COMPUTED, 101), ("100", "stream", 0)),
        ((REST, 100), (COMPUTED, 100), ("100", "rest", 0)),
    ],
)
async def test_which_bar_stays(store: Store, rows: Rows, first: Any, second: Any, expected: Any) -> None:
    for source, close in (first, second):
        store.recorder.record_bars([a_bar(close=close, source=source)])
    await store.recorder.flushed()
    assert rows("SELECT cast(close AS TEXT), source, revision FROM bar WHERE interval_s = 60") == [expected]


async def test_an_equal_bar_changes_only_when_it_was_last_seen(store: Store, rows: Rows) -> None:
    clock = iter((1000, 2000))
    store.recorder._now_ms = lambda: next(clock)
    for _ in range(2):
        store.recorder.record_bars([a_bar()])
    await store.recorder.flushed()
    assert rows("SELECT revision, first_seen, last_seen FROM bar WHERE interval_s = 60") == [(0, 1000, 2000)]


async def test_stored_bars_come_in_order_within_the_range(store: Store) -> None:
    bars = [a_bar(at=f"09:{minute}", close=minute + 0.5) for minute in range(30, 60)]
    store.recorder.record_bars(bars[::-1])
    await store.recorder.flushed()
    assert np.array_equal(await store.archive.bars("AAPL", Interval.M1), series(bars))
    part = await store.archive.bars("AAPL", Interval.M1, ms("09:35"), ms("09:40"))
    assert np.array_equal(part, series(bars[5:10]))
    assert len(await store.archive.bars("MSFT", Interval.M1)) == 0


async def test_longer_bars_are_built_whole_even_at_the_edge_of_the_range(store: Store) -> None:
    store.recorder.record_bars([a_bar(at=f"09:{minute}", close=minute, volume=10) for minute in range(30, 60)])
    await store.recorder.flushed()
    fives = await store.archive.bars("AAPL", Interval.M5, ms("09:33"), ms("09:41"))
    assert [tuple(bar) for bar in fives.tolist()] == [
        (ms("09:35"), 35, 39, 35, 39, 50),
        (ms("09:40"), 40, 44, 40, 44, 50),
    ]


async def test_weeks_and_months_are_built_from_days(store: Store) -> None:
    days = [date(2025, 5, day) for day in (19, 20, 21, 22, 23, 27)]
    bars = [a_bar(at="00:00", day=day, interval=Interval.DAY, close=day.day, volume=1) for day in days]
    store.recorder.record_bars(bars)
    await store.recorder.flushed()
    weeks = await store.archive.bars("AAPL", Interval.WEEK)
    assert weeks["start"].tolist() == [ms("00:00", date(2025, 5, 19)), ms("00:00", date(2025, 5, 26))]
    assert weeks["volume"].tolist() == [5, 1]
    months = await store.archive.bars("AAPL", Interval.MONTH)
    assert months[["open", "close", "volume"]].tolist() == [(19, 27, 6)]


async def test_a_stored_longer_bar_is_used_where_there_are_no_minutes(store: Store) -> None:
    store.recorder.record_bars([a_bar(at="10:00", interval=Interval.M30, close=5), a_bar(at="10:30", close=7)])
    await store.recorder.flushed()
    halves = await store.archive.bars("AAPL", Interval.M30)
    assert halves[["start", "close"]].tolist() == [(ms("10:00"), 5), (ms("10:30"), 7)]
