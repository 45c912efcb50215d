"""History and live bars joined: no seam, nothing twice, confirmed minutes win."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.bars import aggregate, day_start
from monitor.analysis.chart_bars import Making
from monitor.market.bar import Bar, BarSeries, BarSource, Interval
from monitor.market.quote import Quote
from monitor.ui.chart.countdown import countdown
from monitor.ui.chart.series import ChartBars
from monitor.ui.chart.tail import EMPTY, Tail
from tests.support.bars import walk
from tests.support.ports import NOW_MS, open_day

DAY = walk(390)


def bar(row: np.void, source: BarSource = BarSource.STREAM) -> Bar:
    start, *figures = row.tolist()
    return Bar("AAPL", Interval.M1, start, *figures, source)


def opened(row: np.void, **changes: float) -> Bar:
    """The minute as prints made it so far."""
    row = row.copy()
    for name, value in changes.items():
        row[name] = value
    return bar(row, BarSource.COMPUTED)


def stored(count: int, interval: Interval) -> tuple[ChartBars, Tail]:
    """A chart and its tail as read from an archive that holds ``count`` minutes."""
    history = aggregate(DAY[:count], interval)
    since = history["start"][-1] if count else 0
    now = int(DAY["start"][count])
    return ChartBars(history), Tail(Making(interval), DAY[:count][DAY[:count]["start"] >= since], EMPTY, now)


@given(st.integers(1, 380), st.data(), st.sampled_from([i for i in Interval if i.intraday]))
def test_live_minutes_make_the_same_chart_as_reading_again(count: int, data: st.DataObject, interval: Interval) -> None:
    chart, tail = stored(count, interval)
    for n in range(count, min(389, count + data.draw(st.integers(1, 40)))):
        tail.take_open(opened(DAY[n], volume=1.0))
        if data.draw(st.booleans()):
            chart.put(tail.rows(None))
            tail.take_open(opened(DAY[n + 1], volume=1.0))  # the next minute's prints outrun the bar of this one
        chart.put(tail.rows(None))
        assert tail.take_minutes([bar(DAY[n])])
        chart.put(tail.rows(None))
    last = n + 1
    assert np.array_equal(
        chart.rows()[: len(aggregate(DAY[:last], interval)) - 1], aggregate(DAY[:last], interval)[:-1]
    )
    assert np.all(np.diff(chart.start) > 0)


def test_prints_move_the_last_bar_and_the_stream_confirms_it() -> None:
    chart, tail = stored(12, Interval.M5)
    tail.take_open(opened(DAY[12], high=500.0, close=499.0))
    chart.put(tail.rows(None))
    assert len(chart) == 3
    assert chart.rows()[-1]["high"] == 500
    assert chart.rows()[-1]["open"] == DAY[10]["open"]
    tail.take_minutes([bar(DAY[12])])
    tail.take_open(opened(DAY[12], high=500.0))
    chart.put(tail.rows(None))
    assert np.array_equal(chart.rows(), aggregate(DAY[:13], Interval.M5))


def test_a_minute_still_open_in_history_keeps_its_beginning() -> None:
    partial = DAY[5:6].copy()
    partial["high"], partial["volume"] = 700, 5000
    tail = Tail(Making(Interval.M1), partial, EMPTY, int(partial["start"][0]) + 30_000)
    tail.take_open(opened(DAY[5], open=1.0, volume=10.0))
    row = tail.rows(None)[0]
    assert (row["open"], row["high"], row["volume"]) == (DAY[5]["open"], 700, 5000)
    assert row["close"] == DAY[5]["close"]


def test_minutes_older_than_the_tail_ask_for_the_archive() -> None:
    _, tail = stored(100, Interval.M1)
    assert not tail.take_minutes([bar(DAY[20])])
    assert tail.take_minutes([bar(DAY[100])])


def day(days: BarSeries, minutes: BarSeries, interval: Interval = Interval.DAY) -> Tail:
    return Tail(Making(interval), minutes, days, NOW_MS)


def test_the_running_day_is_the_quotes() -> None:
    quote = Quote(symbol="AAPL", open=100, high=110, low=90, last=111, volume=5, trade_time=NOW_MS)
    rows = day(EMPTY, DAY[:10]).rows(quote)
    assert rows.tolist() == [(day_start(NOW_MS), 100, 111, 90, 111, 5)]


def test_without_a_quote_the_running_day_is_made_from_regular_minutes() -> None:
    early = walk(30, 2, open_day() - 3_600_000)
    rows = day(EMPTY, np.concatenate([early, DAY[:10]])).rows(Quote(symbol="AAPL", open=0, last=5))
    assert rows.tolist() == aggregate(DAY[:10], Interval.DAY).tolist()


def test_the_running_week_holds_its_days_and_today() -> None:
    days = aggregate(np.concatenate([walk(390, n, open_day() - n * 86_400_000) for n in (4, 3, 2, 1)]), Interval.DAY)
    quote = Quote(symbol="AAPL", open=1, high=999, low=1, last=2, volume=7, trade_time=NOW_MS)
    rows = day(days, EMPTY, Interval.WEEK).rows(quote)
    assert len(rows) == 1
    assert (rows["open"][0], rows["high"][0], rows["close"][0]) == (days["open"][0], 999, 2)
    assert rows["volume"][0] == days["volume"].sum() + 7


def test_the_countdown_runs_to_the_close_of_the_bar() -> None:
    start = NOW_MS // 60_000 * 60_000
    assert countdown(Interval.M1, start, start + 22_000) == "00:38"
    assert countdown(Interval.M1, start, start + 59_999) == "00:01"
    assert countdown(Interval.M1, start, start + 60_000) == ""
    assert countdown(Interval.H1, start, start) == "1:00:00"
    assert countdown(Interval.DAY, day_start(NOW_MS), NOW_MS) == "4:13:58"
    assert countdown(Interval.WEEK, day_start(NOW_MS), NOW_MS) == ""
