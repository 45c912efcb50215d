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
from monitor.analysis.coverage import Answer, Asked, trading_of
from monitor.analysis.rollups import MADE_OF, base_of
from monitor.market.bar import Bar, BarSeries, BarSource, Interval, series
from monitor.market.instrument import Instrument
from monitor.ports import ExportRequest
from monitor.store import Store, archive, open_for_reading, open_store, rollups, schema
from monitor.store.deletion import DeleteHistory
from monitor.store.migrations import migrate
from monitor.store.tasks import SaveBars, SaveInstruments
from tests.support.builders import a_bar, ms
from tests.support.rolled_up import rolled_up
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
    st.one_of(
        st.integers(0, 1439), st.sampled_from([0, 89, 90, 419, 420, 569, 570, 571, 779, 780, 959, 960, 1199, 1439])
    ),
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
                    whole = join(
                        rolled_up(self.own(symbol, M1), interval, trading_of(symbol)), self.own(symbol, interval)
                    )
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


async def test_the_running_bar_grows_with_each_minute_and_leaves_no_revisions(store: Store, rows: Rows) -> None:
    for at, close, volume in (("09:31", 10, 5), ("09:33", 12.5, 7), ("09:32", 8, 1)):
        store.recorder.record_bars([a_bar(at=at, close=close, volume=volume, source=BarSource.STREAM)])
        await store.recorder.flushed()
    for interval in (M5, H1, H4):
        found = await store.archive.bars("AAPL", interval)
        assert found.tolist() == [(ms("09:30"), 10, 12.5, 8, 12.5, 13)]
    day = await store.archive.bars("AAPL", Interval.DAY)
    assert day.tolist() == [(ms("00:00"), 10, 12.5, 8, 12.5, 13)]
    store.recorder.record_bars([a_bar(at="09:32", close=9, volume=2)])
    await store.recorder.flushed()
    assert (await store.archive.bars("AAPL", M5)).tolist() == [(ms("09:30"), 10, 12.5, 9, 12.5, 14)]
    assert rows("SELECT interval_s, close FROM bar_revision") == [(60, 8)]


async def test_a_day_is_made_of_the_regular_session_and_of_all_hours_where_a_market_never_closes(store: Store) -> None:
    for symbol in ("AAPL", "/ESM25"):
        closes = {"08:00": 1, "09:30": 2, "15:59": 3, "16:00": 4}
        store.recorder.record_bars([a_bar(symbol, at=at, close=close, volume=1) for at, close in closes.items()])
    await store.recorder.flushed()
    assert (await store.archive.bars("AAPL", Interval.DAY)).tolist() == [(ms("00:00"), 2, 3, 2, 3, 2)]
    assert (await store.archive.bars("/ESM25", Interval.DAY)).tolist() == [(ms("00:00"), 1, 4, 1, 4, 4)]


async def test_numbers_keep_the_digits_that_were_sent(store: Store, rows: Rows) -> None:
    store.recorder.record_bars([a_bar(at="09:30", close=214, volume=3), a_bar(at="09:31", close=214.0, volume=4)])
    await store.recorder.flushed()
    sql = "SELECT cast(open AS TEXT), cast(close AS TEXT), cast(volume AS TEXT) FROM bar WHERE interval_s = 300"
    assert rows(sql) == [("214", "214.0", "7")]


async def test_volumes_too_large_to_add_as_integers_stop_nothing(store: Store, rows: Rows) -> None:
    store.recorder.record_bars([a_bar(at=at, volume=2**62) for at in ("09:30", "09:31", "09:32")])
    await store.recorder.flushed()
    assert rows("SELECT volume FROM bar WHERE interval_s = 300") == [(3.0 * 2**62,)]
    assert store.meter().trouble == ""


async def test_what_schwab_said_of_an_interval_before_it_was_over_gives_way(store: Store, rows: Rows) -> None:
    store.recorder._now_ms = lambda: ms("09:32")
    store.recorder.record_bars([a_bar(at="09:30", interval=M5, close=50)])
    store.recorder._now_ms = lambda: ms("09:36")
    store.recorder.record_bars([a_bar(at=f"09:3{n}", close=60 + n) for n in range(6)])
    store.recorder.record_bars([a_bar(at="09:35", interval=M5, close=70)])
    store.recorder._now_ms = lambda: ms("09:41")
    store.recorder.record_bars([a_bar(at="09:40", interval=M5, close=80)])
    store.recorder.record_bars([a_bar(at="09:35", interval=M5, close=75)])
    store.recorder.record_bars([a_bar(at="09:36", close=90)])
    await store.recorder.flushed()
    sql = "SELECT start_ms, close, source FROM bar WHERE interval_s = 300 ORDER BY start_ms"
    assert rows(sql) == [(ms("09:30"), 64, "computed"), (ms("09:35"), 75, "rest"), (ms("09:40"), 80, "rest")]
    was = rows("SELECT close, source FROM bar_revision WHERE interval_s = 300 AND start_ms = ?", ms("09:30"))
    assert was == [(50, "rest")]


def an_older_database(path: Path, minutes: int) -> list[Bar]:
    """A database as the version before left it, with minutes and days that no longer bars were made of."""
    bars = [a_bar(at=ms("09:30") + n * 60_000, close=100 + n % 7, volume=n) for n in range(minutes)]
    bars += [a_bar(at="00:00", day=date(2025, 5, 1) + timedelta(days=n), interval=Interval.DAY) for n in range(9)]
    connection = sqlite3.connect(path, isolation_level=None)
    steps = schema.STEPS[: schema.STEPS.index(schema._rollup_tables)]
    with pytest.MonkeyPatch.context() as before:
        before.setattr("monitor.store.migrations.STEPS", steps)
        before.setattr("monitor.store.migrations.VERSION", len(steps))
        migrate(connection, sandbox=True)
    SaveInstruments([(1, Instrument("AAPL"))]).run(connection)
    SaveBars(tuple(bars), IDS, LATER_MS).run(connection)
    connection.execute("DELETE FROM bar WHERE source = 'computed'")
    connection.close()
    return bars


async def test_an_older_database_gets_its_longer_bars_slice_by_slice_and_goes_on_after_a_kill(
    path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    bars = an_older_database(path, 4000)
    monkeypatch.setattr(rollups, "SLICE", 1500)
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, sandbox=True)
    assert rollups.fill(connection, LATER_MS)  # one slice, and then the program was killed
    connection.close()
    (until,) = rows("SELECT from_ms FROM rollup_due")[0]
    assert until == bars[1499].start + 1
    store = open_store(path, sandbox=True, on_trouble=print)
    minutes = series(bar for bar in bars if bar.interval is M1)
    # Right at any moment, also while they are made.
    assert np.array_equal(await store.archive.bars("AAPL", H1), rolled_up(minutes, H1, trading_of("AAPL")))
    while rows("SELECT * FROM rollup_due"):
        await store.recorder.flushed()
    for interval in (M5, M30, H1, H4):
        found = await store.archive.bars("AAPL", interval)
        assert np.array_equal(found, rolled_up(minutes, interval, trading_of("AAPL")))
    days = await store.archive.bars("AAPL", Interval.DAY)
    weeks = await store.archive.bars("AAPL", Interval.WEEK)
    assert np.array_equal(weeks, rolled_up(days, Interval.WEEK, trading_of("AAPL")))
    await store.close()
    assert rows("SELECT count(*) FROM bar WHERE interval_s = 300 AND source = 'computed'") == [(800,)]


async def test_an_export_while_longer_bars_are_made_has_them_all(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    an_older_database(path, 100)
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, sandbox=True)
    connection.close()
    lines = {}
    for moment in ("due", "made"):
        reading = open_for_reading(path)
        out = tmp_path / f"{moment}.csv"
        request = ExportRequest("bars", ("AAPL",), out, H1)
        await reading.exporter.export(request, lambda *_: None, lambda: False)
        await reading.close()
        lines[moment] = out.read_text()
        with sqlite3.connect(path, isolation_level=None) as connection:
            while rollups.fill(connection, LATER_MS):
                pass
        connection.close()
    assert lines["due"] == lines["made"]
    assert lines["made"].count("\n") == 3


@given(st.lists(MINUTES, min_size=1, max_size=20, unique=True), st.sampled_from(list(MADE_OF)))
def test_longer_bars_are_whole_bars_of_what_they_are_made_of(starts: list[int], interval: Interval) -> None:
    parts = MADE_OF[interval]
    for start in starts:
        begin = interval_start(start, interval)
        end = interval_end(begin, interval)
        assert interval_start(begin, parts) == begin
        assert interval_start(end, parts) == end


async def test_longer_bars_are_compared_with_schwabs_own_where_all_minutes_are_here(store: Store) -> None:
    minutes = [a_bar(at=ms("09:30") + n * 60_000, close=100, volume=10) for n in range(390)]
    store.recorder.record_bars([*minutes, a_bar(at="09:30", day=date(2025, 5, 20))])  # of that day not all are here
    asked = Asked(ms("00:00"), ms("00:00", date(2025, 5, 22)), Answer.COMPLETE, LATER_MS)
    store.recorder.record_coverage("AAPL", M1, asked)
    equal = a_bar(at="09:30", interval=M5, close=100, volume=50)
    rounded = a_bar(at="09:35", interval=M5, close=100, high=100.0001, volume=50)
    dearer = a_bar(at="10:00", interval=M30, close=100, high=102, volume=300)
    busier = a_bar(at="09:40", interval=M5, close=100, volume=51)
    unknown = a_bar(at="09:30", day=date(2025, 5, 20), interval=M5, close=7)
    day = a_bar(at="00:00", interval=Interval.DAY, close=100, low=99, volume=5_000)
    store.recorder.record_bars([equal, rounded, dearer, busier, unknown, day])
    await store.recorder.flushed()
    found = await store.coverage.longer_bars(0, 2**62)
    assert (found.compared, found.differing) == (5, 3)
    assert [each.now for each in found.differences] == [dearer, day, busier]
    assert found.differences[0].was == a_bar(at="10:00", interval=M30, close=100, volume=300, source=BarSource.COMPUTED)
    assert [each.volume for each in found.differences] == [0, 1100, 1]
    assert (await store.coverage.longer_bars(ms("09:36"), ms("10:00"))).differing == 1


async def test_a_day_on_which_the_exchange_is_closed_has_no_daily_bar(store: Store) -> None:
    holiday = date(2025, 5, 26)
    store.recorder.record_bars([a_bar(symbol, at="10:00", day=holiday) for symbol in ("AAPL", "/ESM25")])
    await store.recorder.flushed()
    assert len(await store.archive.bars("AAPL", Interval.DAY)) == 0
    assert len(await store.archive.bars("AAPL", Interval.WEEK)) == 0
    assert len(await store.archive.bars("AAPL", H1)) == 1
    assert (await store.archive.bars("/ESM25", Interval.DAY))["start"].tolist() == [ms("00:00", holiday)]
