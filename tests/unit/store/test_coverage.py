"""Coverage on disk: the ledger, bars a day, where a bar comes from, and what history corrected."""

import random
import sqlite3
from contextlib import closing
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.coverage import Answer, Asked, Counts, DayState, paint
from monitor.errors import StoreUnavailable
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.calendar import at_new_york
from monitor.store import Store, open_store, schema
from monitor.store.coverage import StoredCoverage
from monitor.store.migrations import migrate
from monitor.store.tasks import SaveCoverage
from tests.unit.store.conftest import Rows

M1, DAY = Interval.M1, Interval.DAY
FRIDAY = date(2026, 11, 20)
NOON = at_new_york(FRIDAY, time(12))
EVENING = at_new_york(FRIDAY, time(21))
MINUTE = 60_000


def bar(minute: int = 0, close: float = 1.0, source: BarSource = BarSource.STREAM, symbol: str = "AAPL") -> Bar:
    return Bar(symbol, M1, NOON + minute * MINUTE, 1.0, 1.0, 1.0, close, 100, source)


async def record(store: Store, *asked: Asked, symbol: str = "AAPL", interval: Interval = M1) -> None:
    for each in asked:
        store.recorder.record_coverage(symbol, interval, each)
    await store.recorder.flushed()


@pytest.fixture
def coverage(store: Store) -> StoredCoverage:
    """The coverage on the evening of a Friday."""
    return StoredCoverage(store._reader, lambda: EVENING)


async def test_the_chart_reads_as_one_range_what_was_answered(store: Store) -> None:
    await record(store, Asked(0, 100, Answer.COMPLETE, 1), Asked(100, 200, Answer.EMPTY, 1))
    await record(store, Asked(200, 250, Answer.PROVISIONAL, 1), Asked(300, 400, Answer.FAILED, 1, 5, 1))
    await record(store, Asked(700, 800, Answer.COMPLETE, 1), interval=DAY)
    assert await store.archive.coverage("AAPL", M1) == [(0, 250)]
    assert await store.archive.coverage("MSFT", M1) == []


async def test_the_ledger_reads_back_as_it_was_noted(store: Store) -> None:
    failed = Asked(300, 400, Answer.FAILED, 7, 9000, 3)
    await record(store, Asked(0, 100, Answer.COMPLETE, 1), failed, Asked(50, 350, Answer.COMPLETE, 8))
    found = await store.coverage.ledger(["AAPL", "MSFT"], M1)
    assert found == {"AAPL": [Asked(0, 350, Answer.COMPLETE, 8), failed._replace(start=350)], "MSFT": []}


stretches = st.builds(
    lambda start, length, answer: Asked(start, start + length, answer, 1),
    *(st.integers(0, 60), st.integers(1, 30), st.sampled_from(Answer)),
)


@given(st.lists(stretches, max_size=10))
def test_the_table_holds_the_ledger_that_was_painted(asked: list[Asked]) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema._TABLES + schema._STREAM_TABLES + schema._HISTORY_TABLES)
        ledger: list[Asked] = []
        for start, end, answer, *rest in asked:
            SaveCoverage(1, "1m", start, end, answer.value, *rest).run(connection)
            ledger = paint(ledger, Asked(start, end, answer, *rest))
        rows = connection.execute(
            "SELECT from_ms, to_ms, state, noted_ms, until_ms, attempts FROM coverage ORDER BY from_ms"
        )
        assert [Asked(start, end, Answer(state), *rest) for start, end, state, *rest in rows] == ledger


async def test_the_series_that_were_asked_for_are_known(store: Store) -> None:
    await record(store, Asked(0, 9, Answer.COMPLETE, 1))
    await record(store, Asked(0, 9, Answer.EMPTY, 1), interval=DAY)
    await record(store, Asked(0, 9, Answer.FAILED, 1), symbol="SPY", interval=Interval.M5)
    assert await store.coverage.kept() == {"AAPL": {M1, DAY}, "SPY": {Interval.M5}}


async def test_what_failed_is_due_when_its_time_has_come(store: Store) -> None:
    failed = Asked(0, 9, Answer.FAILED, 1, 50, 2)
    await record(store, failed, Asked(20, 30, Answer.FAILED, 1, 51, 1), Asked(40, 50, Answer.COMPLETE, 1))
    assert await store.coverage.failed_due(50) == [("AAPL", M1, failed)]


async def test_what_expires_is_named_for_the_series_that_were_asked_for(store: Store, coverage: StoredCoverage) -> None:
    week = 7 * 86_400_000
    await record(store, Asked(NOON - 4 * week, NOON, Answer.COMPLETE, NOON))
    await record(store, Asked(0, NOON, Answer.COMPLETE, NOON), symbol="SPY")
    (found,) = await coverage.expiring()
    assert (found.symbol, found.interval) == ("AAPL", M1)
    assert found.leaves_ms > EVENING
    assert await coverage.expiring(days=0) == []


# ------------------------------------------------------------------------------------------- bars a day


async def test_a_day_tells_how_it_stands_and_where_its_bars_come_from(store: Store, coverage: StoredCoverage) -> None:
    store.recorder.record_bars([bar(0), bar(1), bar(2, source=BarSource.REST), bar(3, source=BarSource.COMPUTED)])
    store.recorder.record_bars([bar(1, 2.0, BarSource.REST)])
    thursday, friday = (at_new_york(day, time(7)) for day in (FRIDAY - timedelta(days=1), FRIDAY))
    await record(store, Asked(thursday, friday + 13 * 3_600_000, Answer.COMPLETE, EVENING))
    found = await coverage.days(["AAPL", "MSFT"], M1, FRIDAY - timedelta(days=2), FRIDAY + timedelta(days=5))
    assert [(d.day.day, d.state, d.expected, d.counts) for d in found["AAPL"]] == [
        (18, DayState.MISSING, 780, Counts()),
        (19, DayState.EMPTY, 780, Counts()),
        (20, DayState.COMPLETE, 780, Counts(1, 2, 1)),
    ]
    assert [d.state for d in found["MSFT"]] == [DayState.MISSING] * 3


async def test_days_are_told_of_daily_bars_too(store: Store, coverage: StoredCoverage) -> None:
    midnight = at_new_york(FRIDAY, time(0))
    store.recorder.record_bars([Bar("AAPL", DAY, midnight, 1, 1, 1, 1, 1, BarSource.REST)])
    await record(store, Asked(0, midnight + 86_400_000, Answer.COMPLETE, EVENING), interval=DAY)
    found = await coverage.days(["AAPL"], Interval.WEEK, FRIDAY, FRIDAY)
    assert [(d.state, d.expected, d.stored) for d in found["AAPL"]] == [(DayState.COMPLETE, 1, 1)]


async def test_hours_of_a_longer_interval_are_told_of_its_minutes(store: Store, coverage: StoredCoverage) -> None:
    store.recorder.record_bars([bar(0)])
    await store.recorder.flushed()
    (found,) = (await coverage.days(["AAPL"], Interval.H1, FRIDAY, FRIDAY))["AAPL"]
    assert (found.state, found.stored) == (DayState.PARTIAL, 1)


def spread() -> list[Bar]:
    """Bars of two symbols and two intervals, over midnight and a change to summer time, in no order."""
    march = at_new_york(date(2026, 3, 7), time(22))
    rng = random.Random(5)
    sources = list(BarSource)
    bars = [
        Bar(symbol, interval, march + n * 300_000, 1, 1, 1, 1, 1, rng.choice(sources))
        for symbol in ("AAPL", "/ESH26")
        for interval in (M1, Interval.M5, DAY)
        for n in range(400)
    ]
    rng.shuffle(bars)
    return bars


COUNTED = """
SELECT instrument_id, interval_s, sum(streamed), sum(fetched), sum(computed) FROM bar_day GROUP BY 1, 2 ORDER BY 1, 2
"""
RECOUNTED = """
SELECT instrument_id, interval_s, sum(source = 'stream'), sum(source IN ('rest', 'import')), sum(source = 'computed')
FROM bar WHERE interval_s IN (60, 300) AND (interval_s = 60 OR source <> 'computed') GROUP BY 1, 2 ORDER BY 1, 2
"""


async def test_the_bars_of_each_day_are_counted_as_they_come(store: Store, rows: Rows) -> None:
    bars = spread()
    for first in range(0, len(bars), 37):
        store.recorder.record_bars(bars[first : first + 37])
    await store.recorder.flushed()
    assert rows(COUNTED) == rows(RECOUNTED)
    midnights = [at_new_york(date(2026, 3, day), time(0)) for day in (7, 8, 9)]
    assert rows("SELECT DISTINCT day_ms FROM bar_day ORDER BY 1") == [(ms,) for ms in midnights]


async def test_a_bar_beyond_every_calendar_is_stored_and_not_counted(store: Store, rows: Rows) -> None:
    senseless = [Bar("AAPL", M1, start, 1, 1, 1, 1, 1) for start in (2**60, -(2**60), -1)]
    store.recorder.record_bars([*senseless, bar(0)])
    await store.recorder.flushed()
    assert rows("SELECT count(*) FROM bar WHERE interval_s = 60") == [(4,)]
    assert rows("SELECT streamed FROM bar_day") == [(1,)]


async def test_an_older_database_gets_its_ledger_and_its_counts(
    path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    with monkeypatch.context() as before, closing(sqlite3.connect(path, isolation_level=None)) as connection:
        before.setattr("monitor.store.migrations.STEPS", schema.STEPS[:2])
        before.setattr("monitor.store.migrations.VERSION", 2)
        migrate(connection, sandbox=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO instrument (id, symbol) VALUES (1, 'AAPL'), (2, '/ESH26')")
        connection.execute(
            "INSERT INTO coverage VALUES (1, '1m', 0, 100, 'complete', 5), (1, '1m', 50, 150, 'empty', 6)"
        )
        ids = {"AAPL": 1, "/ESH26": 2}
        bars = {(ids[b.symbol], int(b.interval), b.start): b.source.value for b in spread()}
        connection.executemany(
            "INSERT INTO bar VALUES (?, ?, ?, 1, 1, 1, 1, 1, ?, 0, 0, 0)", [(*key, each) for key, each in bars.items()]
        )
        connection.commit()
    store = open_store(path, sandbox=True, on_trouble=print)
    assert rows("PRAGMA user_version") == [(schema.VERSION,)]
    assert rows(COUNTED) == rows(RECOUNTED)
    assert await store.archive.coverage("AAPL", M1) == [(0, 150)]
    await record(store, Asked(100, 120, Answer.PROVISIONAL, 9))
    assert (await store.coverage.ledger(["AAPL"], M1))["AAPL"] == [
        Asked(0, 100, Answer.COMPLETE, 5),
        Asked(100, 120, Answer.PROVISIONAL, 9),
        Asked(120, 150, Answer.EMPTY, 6),
    ]
    await store.close()


# ------------------------------------------------------------------------------------------- where a bar comes from


async def test_those_that_were_something_else_before_are_found_by_their_starts(store: Store) -> None:
    store.recorder.record_bars([bar(n, 1.5) for n in range(6)] + [bar(1, 1.5, symbol="MSFT")])
    store.recorder.record_bars([bar(n, 2.5, BarSource.REST) for n in (4, 1, 2)] + [bar(0, 1.5, BarSource.REST)])
    store.recorder.record_bars([bar(1, 3.5, BarSource.REST)])  # twice is one bar
    await store.recorder.flushed()
    starts = [NOON + n * MINUTE for n in (1, 2, 4)]
    assert await store.coverage.revised("AAPL", M1, NOON, NOON + 9 * MINUTE) == starts
    assert await store.coverage.revised("AAPL", M1, starts[1], starts[2]) == starts[1:2]
    assert await store.coverage.revised("AAPL", M1, NOON, NOON + 9 * MINUTE, limit=2) == starts[:2]
    for symbol, interval in (("MSFT", M1), ("AAPL", Interval.M15), ("X", M1)):
        assert await store.coverage.revised(symbol, interval, 0, 2**62) == []
    await store.close()


async def test_a_bar_tells_what_it_was_before(store: Store) -> None:
    store.recorder.record_bars([bar(0, 1.5)])
    store.recorder.record_bars([bar(0, 1.5)])  # the same once more is no revision
    store.recorder.record_bars([bar(0, 2.5, BarSource.REST), bar(0, 3.5, BarSource.REST)])  # twice within one answer
    await store.recorder.flushed()
    found = await store.coverage.provenance("AAPL", M1, NOON)
    assert found is not None
    assert found.bar == bar(0, 3.5, BarSource.REST)
    assert [(r.bar, r.revision) for r in found.revisions] == [(bar(0, 1.5), 0), (bar(0, 2.5, BarSource.REST), 1)]
    assert found.first_seen_ms <= found.revisions[0].replaced_ms <= found.last_seen_ms
    assert not found.confirmed
    await record(store, Asked(NOON, NOON + MINUTE, Answer.COMPLETE, 1))
    confirmed = await store.coverage.provenance("AAPL", M1, NOON)
    assert confirmed is not None
    assert confirmed.confirmed
    assert await store.coverage.provenance("AAPL", M1, NOON + MINUTE) is None


async def test_streamed_minutes_are_compared_with_what_history_says_of_them(store: Store) -> None:
    store.recorder.record_bars([bar(n, 1.0) for n in range(6)])
    corrected = [bar(1, 1.25, BarSource.REST), bar(2, 2.0, BarSource.REST), bar(7, 1.0, BarSource.REST)]
    store.recorder.record_bars([bar(0, 1.0, BarSource.REST), *corrected])
    await record(store, Asked(NOON, NOON + 4 * MINUTE, Answer.COMPLETE, 1))
    await record(store, Asked(NOON + 4 * MINUTE, NOON + 6 * MINUTE, Answer.PROVISIONAL, 1))
    found = await store.coverage.reconciliation(NOON, NOON + 60 * MINUTE)
    assert (found.compared, found.differing) == (4, 2)  # the fifth and sixth were answered for too early
    assert [(d.was, d.now) for d in found.differences] == [(bar(2), corrected[1]), (bar(1), corrected[0])]
    assert found.worst is not None
    assert (found.worst.price, found.worst.percent, found.worst.volume) == (1.0, 50.0, 0)
    cut = await store.coverage.reconciliation(NOON, NOON + 60 * MINUTE, limit=1)
    assert (cut.differing, len(cut.differences)) == (2, 1)
    assert (await store.coverage.reconciliation(NOON + 60 * MINUTE, 2**62)).compared == 0


async def test_a_closed_database_says_so(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.coverage.kept()
