"""VWAP and the prior day's levels equal plain loops over the bars, in one go and brought up to date in any order."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from math import nan, sqrt

import numpy as np
import numpy.typing as npt
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.bars import aggregate
from monitor.analysis.indicators import IndicatorSeries, Settings, compute
from monitor.market.bar import BAR_DTYPE, BarSeries, Interval
from monitor.market.calendar import Phase, Trading, around_the_clock, from_ms, sessions, to_ms, trading_days
from tests.support.bars import walk
from tests.support.changing_bars import KINDS, ChangingBars, bars_of
from tests.support.examples import examples

#: Thanksgiving and the half day after it, and the end of a month.
DAYS = trading_days(date(2025, 11, 24), date(2025, 12, 3))
#: The clocks go back on the Sunday between.
AUTUMN = trading_days(date(2025, 10, 30), date(2025, 11, 4))

Row = Sequence[float]


def market(days: Sequence[date], kind: str = "walk", seed: int = 1, step: Interval = Interval.M15) -> BarSeries:
    """Bars of the extended hours of those days."""
    starts = [
        start for day in days for start in range(sessions(day)[0].start, sessions(day)[-1].end, step.milliseconds)
    ]
    bars = bars_of(kind, len(starts), seed)
    bars["start"] = starts
    return bars


def regular(start: int, trading: Trading = sessions) -> bool:
    day = from_ms(start).date()
    return any(s.phase is Phase.REGULAR and s.start <= start < s.end for s in trading(day))


def period_of(start: int, period: str) -> tuple[int, ...]:
    day = from_ms(start).date()
    return {"day": (day.toordinal(),), "week": day.isocalendar()[:2], "month": (day.year, day.month)}[period]


def vwap_of(rows: Sequence[Row]) -> tuple[float, float]:
    """The price by volume of all rows, and its standard deviation."""
    volume = sum(row[5] for row in rows)
    if not volume:
        return nan, nan
    prices = [(row[2] + row[3] + row[4]) / 3 for row in rows]
    mean = sum(price * row[5] for price, row in zip(prices, rows, strict=True)) / volume
    spread = sum((price - mean) ** 2 * row[5] for price, row in zip(prices, rows, strict=True)) / volume
    return mean, sqrt(spread)


def true_vwap(bars: BarSeries, period: str, hours: str) -> npt.NDArray[np.float64]:
    found = []
    for _, group in groupby(bars.tolist(), lambda row: period_of(row[0], period)):
        held: list[Row] = []
        for row in group:
            counts = hours == "all" or regular(row[0])
            if counts:
                held.append(row)
            found.append(vwap_of(held) if counts else (nan, nan))
    return np.array(found).reshape(len(bars), 2).T


def true_levels(bars: BarSeries, period: str, hours: str) -> npt.NDArray[np.float64]:
    found: list[tuple[float, ...]] = []
    levels: tuple[float, ...] = (nan,) * 4
    for _, group in groupby(bars.tolist(), lambda row: period_of(row[0], period)):
        rows = list(group)
        found += [levels] * len(rows)
        if held := [row for row in rows if hours == "all" or regular(row[0])]:
            levels = (max(r[2] for r in held), min(r[3] for r in held), held[-1][4], held[0][1])
    return np.array(found).reshape(len(bars), 4).T


def assert_true(series: IndicatorSeries, bars: BarSeries) -> None:
    values = series.settings.values
    period, hours = str(values["period"]), str(values["hours"])
    if series.settings.name == "VWAP":
        mean, spread = true_vwap(bars, period, hours)
        by = float(values["deviations"])
        wanted = [mean, *((mean + by * spread, mean - by * spread) if by else (np.full(len(bars), nan),) * 2)]
    else:
        wanted = list(true_levels(bars, period, hours))
    for values_found, values_wanted in zip(series.outputs, wanted, strict=True):
        np.testing.assert_allclose(values_found, values_wanted, rtol=1e-9, atol=1e-6 if spread_is_root(series) else 0)


def spread_is_root(series: IndicatorSeries) -> bool:
    """A root makes of what is off by 1e-13 what is off by 3e-7, where all prices are the same."""
    return bool(series.settings.values.get("deviations"))


CHANGES = st.lists(
    st.tuples(st.sampled_from(["tick", "append", "append", "revise", "shorten"]), st.integers(1, 120)), max_size=15
)


@pytest.mark.parametrize("period", ["day", "week", "month"])
@pytest.mark.parametrize("hours", ["regular", "all"])
@pytest.mark.parametrize("name", ["VWAP", "PRIOR_LEVELS"])
@examples(20)
@given(data=st.data())
def test_any_changes(name: str, hours: str, period: str, data: st.DataObject) -> None:
    chosen = {"period": period, "hours": hours}
    if name == "VWAP":
        chosen["deviations"] = data.draw(st.sampled_from([0.0, 2.0]))  # type: ignore[assignment]
    all_bars = market(
        data.draw(st.sampled_from([DAYS, AUTUMN])), data.draw(st.sampled_from(KINDS)), data.draw(st.integers(0, 99))
    )
    bars = ChangingBars(all_bars[: data.draw(st.integers(0, len(all_bars)))])
    series = IndicatorSeries(Settings(name, dict(chosen)), bars.bars, Interval.M15)
    assert_true(series, bars.bars)
    for what, number in data.draw(CHANGES):
        first = len(bars)
        if what == "append":
            bars.append(all_bars[first : first + number])
        elif first:
            first = first - 1 if what == "tick" else max(0, first - number)
            if what == "shorten":
                bars.bars = bars.bars[:first]
            else:
                bars.revise(first, 0.5)
        series.update(bars, first)
        assert_true(series, bars.bars)


def test_daily_bars_are_each_a_session_of_their_own() -> None:
    days = aggregate(market(DAYS), Interval.DAY)
    vwap, *_ = compute(days, Settings("VWAP"), Interval.DAY)
    np.testing.assert_allclose(vwap, (days["high"] + days["low"] + days["close"]) / 3)
    high, low, close, open_ = compute(days, Settings("PRIOR_LEVELS"), Interval.DAY)
    for found, name in ((high, "high"), (low, "low"), (close, "close"), (open_, "open")):
        assert np.isnan(found[0])
        np.testing.assert_array_equal(found[1:], days[name][:-1])


def test_other_markets_have_other_hours() -> None:
    bars = walk(3_000, start=sessions(DAYS[0])[0].start)
    vwap, *_ = compute(bars, Settings("VWAP"), Interval.M1, around_the_clock)
    assert not np.isnan(vwap).any()
    assert np.isnan(compute(bars, Settings("VWAP"))[0]).any()


@examples(20)
@given(data=st.data())
def test_anchored_vwap(data: st.DataObject) -> None:
    all_bars = market(DAYS, data.draw(st.sampled_from(KINDS)), data.draw(st.integers(0, 99)))
    anchor = data.draw(st.integers(int(all_bars["start"][0]) - 1, int(all_bars["start"][200])))
    wanted = Settings("VWAP_ANCHORED", {"anchor": anchor, "deviations": 1})
    bars = ChangingBars(all_bars[: data.draw(st.integers(0, 250))])
    series = IndicatorSeries(wanted, bars.bars)
    for what, number in [("tick", 1), *data.draw(CHANGES)]:
        first = len(bars)
        if what == "append":
            bars.append(all_bars[first : first + number])
        elif first:
            first = max(0, first - number)
            bars.revise(first, 0.5)
        series.update(bars, first)
        held: list[Row] = []
        for row, *found in zip(bars.bars.tolist(), *series.outputs, strict=True):
            held += [row] if row[0] >= anchor else []
            mean, spread = vwap_of(held)
            np.testing.assert_allclose(found, (mean, mean + spread, mean - spread), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_vwap_since_the_first_bar_is_talibs(kind: str) -> None:
    bars = bars_of(kind, 5_000, 3)
    bars["volume"][0] = 100
    ours, *_ = compute(bars, Settings("VWAP_ANCHORED"))
    theirs = talib.VWAP(*(np.ascontiguousarray(bars[name]) for name in ("high", "low", "close", "volume")))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_prior_levels_across_a_holiday() -> None:
    bars = market(DAYS, step=Interval.M1)
    high, low, close, open_ = compute(bars, Settings("PRIOR_LEVELS"))
    friday = to_ms(from_ms(sessions(date(2025, 11, 28))[1].start))
    index = int(np.searchsorted(bars["start"], friday))
    wednesday = next(s for s in sessions(date(2025, 11, 26)) if s.phase is Phase.REGULAR)
    rows = bars[(bars["start"] >= wednesday.start) & (bars["start"] < wednesday.end)]
    assert len(rows) == 390
    assert (high[index], low[index]) == (rows["high"].max(), rows["low"].min())
    assert (close[index], open_[index]) == (rows["close"][-1], rows["open"][0])
    # Monday's are those of a half day.
    monday = int(np.searchsorted(bars["start"], sessions(date(2025, 12, 1))[0].start))
    half = next(s for s in sessions(date(2025, 11, 28)) if s.phase is Phase.REGULAR)
    assert close[monday] == bars["close"][int(np.searchsorted(bars["start"], half.end)) - 1]


def test_a_day_without_a_regular_bar_leaves_the_levels_of_the_day_before() -> None:
    bars = market(DAYS)
    quiet = np.array([from_ms(start).date() == DAYS[2] and regular(start) for start in bars["start"].tolist()])
    series = IndicatorSeries(Settings("PRIOR_LEVELS"), bars[~quiet], Interval.M15)
    assert_true(series, bars[~quiet])
    of_third, of_fourth = (int(np.searchsorted(bars[~quiet]["start"], sessions(day)[0].start)) for day in DAYS[2:4])
    high = series.outputs[0]
    assert high[of_fourth] == high[of_third]
    assert not np.isnan(high[of_fourth])


def test_a_tick_asks_for_the_last_bars_only() -> None:
    bars = ChangingBars(market(DAYS, step=Interval.M1))
    for name in ("VWAP", "VWAP_ANCHORED", "PRIOR_LEVELS"):
        series = IndicatorSeries(Settings(name), bars.bars)
        bars.asked = 0
        bars.revise(len(bars) - 1, 0.1)
        assert series.update(bars, len(bars) - 1) == len(bars) - 1
        assert bars.asked <= 2


def test_no_bars() -> None:
    for name in ("VWAP", "VWAP_ANCHORED", "PRIOR_LEVELS", "RSI"):
        assert [len(output) for output in compute(np.zeros(0, BAR_DTYPE), Settings(name))] == [
            0 for _ in Settings(name).description.outputs
        ]
