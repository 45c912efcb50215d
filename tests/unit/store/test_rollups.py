"""Longer bars on disk are at any time what the minutes and days on disk say, and Schwab's own stay."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.analysis.bars import interval_end, interval_start, join
from monitor.analysis.coverage import trading_of
from monitor.analysis.rollups import MADE_OF, base_of, rolled_up
from monitor.market.bar import Bar, BarSeries, BarSource, Interval, series
from monitor.market.instrument import Instrument
from monitor.store import Store, archive, open_store, rollups
from monitor.store.deletion import DeleteHistory
from monitor.store.migrations import migrate
from monitor.store.tasks import SaveBars, SaveInstruments
from tests.support.builders import a_bar, ms
from tests.unit.store.conftest import Rows

M1, M5, M30, H1, H4 = Interval.M1, Interval.M5, Interval.M30, Interval.H1, Interval.H4
IDS = {"AAPL": 1, "/ES": 2}
#: When everything in these tests was long over.
LATER_MS = ms("00:00", date(2030, 1, 1))
#: The clocks change on two of these Sundays; the others: an ordinary day, a half day, a month's end and its neighbour.
DAYS = [
    *(date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9), date(2026, 10, 31), date(2026, 11, 1)),
    *(date(2026, 11, 2), date(2026, 11, 25), date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 1)),
]
PRICES = st.sampled_from([99, 100.0, 100.5, 101, 1e-3, 214])
MINUTES = st.tuples(
    st.sampled_from(DAYS),
    # Beside any minute of the day those around its borders: pre-market, open, closes, post-market, midnight.
    st.one_of(st.integers(0, 1439), st.sampled_from([0, 89, 90, 419, 420, 569, 570, 571, 779, 780, 959, 960, 1199, 1439])),
).map(lambda pick: ms("00:00", pick[0]) + pick[1] * 60_000)


@dataclass
class Twin:
    """A database, and beside it what was put there last, by interval and start."""

    connection: sqlite3.Connection
    bars: dict[tuple[str, Interval], dict[int, Bar]] = field(default_factory=dict)

    def save(self, bars: list[Bar], seen_ms: int = LATER_MS) -> None:
        with transaction(self.connection):
            SaveBars(tuple(bars), IDS, seen_ms).run(self.connection)
        for bar in bars:
            self.bars.setdefault((bar.symbol, bar.interval), {})[bar.start] = bar

    def delete(self, symbol: str, interval: Interval, start: int, end: int) -> None:
        task = DeleteHistory(symbol, interval, start, end, LATER_MS)
        with transaction(self.connection):
            task.run(self.connection)
        mine = self.bars.get((symbol, interval), {})
        gone = [at for at in mine if start <= at < end]
        assert task.deleted == len(gone)
        for at in gone:
            del mine[at]

    def forget_longer_bars(self) -> None:
        """As a database is that was made before longer bars were kept."""
        with transaction(self.connection):
            self.connection.execute("DELETE FROM bar WHERE source = 'computed'")
            self.connection.execute("INSERT OR REPLACE INTO rollup_due SELECT id, 0 FROM instrument")

    def fill(self) -> bool:
        with transaction(self.connection):
            return rollups.fill(self.connection, LATER_MS)

    def own(self, symbol: str, interval: Interval) -> BarSeries:
        mine = self.bars.get((symbol, interval), {})
        return series(mine[start] for start in sorted(mine))

    def expected(self, symbol: str, interval: Interval) -> BarSeries:
        """A fresh computation, and Schwab's own bars where there are any."""
        trading = trading_of(symbol)
        parts = self.own(symbol, M1) if base_of(interval) is M1 else self.expected(symbol, Interval.DAY)
        return join(rolled_up(parts, interval, trading), self.own(symbol, interval))

    def check(self) -> None:
        for symbol in IDS:
            due = rollups.is_due(self.connection, symbol)
            for interval in MADE_OF:
                read = archive._bars(self.connection, symbol, interval, 0, 2**62)
                if not due:
                    assert read.tolist() == self.expected(symbol, interval).tolist(), (symbol, interval)
                elif interval.intraday:
                    whole = join(rolled_up(self.own(symbol, M1), interval, trading_of(symbol)), self.own(symbol, interval))
                    assert read.tolist() == whole.tolist(), (symbol, interval, "due")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")


@contextmanager
def a_twin() -> Iterator[Twin]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(connection, sandbox=True)
        SaveInstruments([(number, Instrument(symbol)) for symbol, number in IDS.items()]).run(connection)
        yield Twin(connection)
    finally:
        connection.close()


@st.composite
def some_bars(draw: st.DrawFn) -> list[Bar]:
    """Minutes in any order, and now and then days and Schwab's own longer bars."""
    interval = draw(st.sampled_from([M1, M1, M1, M1, M5, Interval.M10, Interval.M15, M30, Interval.DAY, Interval.WEEK]))
    bars = []
    for at in draw(st.lists(MINUTES, min_size=1, max_size=12, unique=True)):
        first, last, top, bottom = (draw(PRICES) for _ in range(4))
        prices = first, max(first, last, top), min(first, last, bottom), last
        source = draw(st.sampled_from([BarSource.STREAM, BarSource.REST]))
        symbol = draw(st.sampled_from(list(IDS)))
        start = at if interval is M1 else interval_start(at, interval)
        bars.append(Bar(symbol, interval, start, *prices, draw(st.integers(0, 999)), source))
    return list({(bar.symbol, bar.start): bar for bar in bars}.values())


@st.composite
def a_deletion(draw: st.DrawFn) -> tuple[str, Interval, int, int]:
    first, last = draw(MINUTES), draw(MINUTES)
    interval = draw(st.sampled_from([M1, M1, M5, M30, Interval.DAY, Interval.WEEK]))
    end = draw(st.sampled_from([max(first, last) + 60_000, 2**62]))
    return draw(st.sampled_from(list(IDS))), interval, draw(st.sampled_from([min(first, last), 0])), end


@settings(deadline=None, max_examples=120)
@given(st.lists(st.one_of(some_bars(), some_bars(), a_deletion(), st.sampled_from(["older", "fill"])), max_size=14))
def test_at_any_time_longer_bars_are_what_a_fresh_computation_says(events: list[object]) -> None:
    with a_twin() as twin, pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollups, "SLICE", 3)
        for event in events:
            if event == "older":
                twin.forget_longer_bars()
            elif event == "fill":
                twin.fill()
            elif isinstance(event, list):
                twin.save(event)
            else:
                twin.delete(*event)  # type: ignore[misc]
            twin.check()
        while twin.fill():
            twin.check()
        twin.check()
