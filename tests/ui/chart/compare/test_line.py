"""The closes of another symbol in step with a chart's bars: the same as looking each up, however they came."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.chart_bars import Making
from monitor.market.bar import BAR_DTYPE, BarSeries
from monitor.ui.chart.compare.compared import Compared
from monitor.ui.chart.compare.line import Line, aligned
from monitor.ui.chart.series import ChartBars, bin_size
from monitor.ui.chart.tail import Tail

STARTS = st.lists(st.integers(0, 60), unique=True, max_size=40).map(sorted)


def looked_up(starts: list[int], closes: dict[int, float]) -> list[float]:
    """What ``aligned`` promises, bar by bar from a dictionary."""
    found = []
    for start in starts:
        before = [at for at in closes if at <= start]
        found.append(closes[max(before)] if before and start <= max(closes) else math.nan)
    return found


def rows(starts: list[int], seed: int = 0) -> BarSeries:
    made = np.zeros(len(starts), BAR_DTYPE)
    made["start"] = starts
    made["close"] = np.random.default_rng(seed).uniform(1, 9, len(starts)).round(3)
    return made


def as_dict(bars: BarSeries) -> dict[int, float]:
    return dict(zip(bars["start"].tolist(), bars["close"].tolist(), strict=True))


@given(STARTS, STARTS)
def test_each_bar_has_the_value_that_a_dictionary_gives(starts: list[int], others: list[int]) -> None:
    other = rows(others)
    found = aligned(np.array(starts, np.int64), other["start"], other["close"])
    assert np.array_equal(found, looked_up(starts, as_dict(other)), equal_nan=True)


@given(STARTS, STARTS, st.data())
def test_bars_that_come_one_by_one_make_the_same_line(
    starts: list[int], others: list[int], data: st.DataObject
) -> None:
    """Of either symbol, in any order of the two, revised or older than what is there."""
    kept, known = data.draw(st.integers(0, len(starts))), data.draw(st.integers(0, len(others)))
    chart, own = ChartBars(rows(starts[:kept])), ChartBars(rows(others[:known]))
    line = Line(own, aligned(chart.start, own.start, own.close))
    come = [(True, start) for start in starts[kept:]] + [(False, start) for start in others[known:]]
    come += [(False, start) for start in data.draw(st.lists(st.integers(0, 60), max_size=4))]
    for number, (of_chart, start) in enumerate(data.draw(st.permutations(come))):
        row = rows([start], seed=number + 1)
        before = line.values.copy()
        if of_chart:
            first = chart.put(row)
            assert first is not None
            line.follow(chart, first)
        else:
            first = line.put(row, chart)
            same = len(before) if first is None else first
            assert np.array_equal(line.values[:same], before[:same], equal_nan=True)
        expected = looked_up(chart.start.tolist(), as_dict(own.rows()))
        assert np.array_equal(line.values, expected, equal_nan=True)


@given(st.integers(1, 3_000), st.floats(0.3, 400), st.integers(0, 2_999), st.integers(1, 500))
def test_merged_values_are_those_of_the_bars_they_hold(count: int, wide: float, first: int, gap: int) -> None:
    chart = ChartBars(rows(list(range(count))))
    own = ChartBars(rows(list(range(min(7, count - 1), count, 1 + gap % 5)), seed=gap))
    line = Line(own, aligned(chart.start, own.start, own.close))
    bins = chart.merge(min(first, count - 1), count, bin_size(wide))
    found = line.merged(bins)
    for place, index in enumerate(bins.index.tolist()):
        inside = line.values[index : index + bins.size]
        known = inside[~np.isnan(inside)]
        low, high = (known.min(), known.max()) if len(known) else (math.nan, math.nan)
        expected = [low, high, inside[-1]]
        assert np.array_equal([found.low[place], found.high[place], found.last[place]], expected, equal_nan=True)
    line.rebase(bins)
    last = found.last[~np.isnan(found.last)]
    assert line.base == last[0] if len(last) else math.isnan(line.base)


def test_wide_bins_follow_what_comes_after_they_were_merged() -> None:
    starts = list(range(4_000))
    chart, own = ChartBars(rows(starts)), ChartBars(rows(starts[:-1], seed=1))
    line, size = Line(own, aligned(chart.start, own.start, own.close)), bin_size(250)
    assert line.merged(chart.merge(0, 4_000, size)).high.max() < 9
    line.put(rows([3_999], seed=2), chart)
    revised = rows([3_998], seed=3)
    revised["close"] = 50
    line.put(revised, chart)
    assert line.merged(chart.merge(0, 4_000, size)).high[-1] == 50


def test_what_comes_while_a_line_is_computed_is_on_it() -> None:
    starts = list(range(100))
    chart, compared = ChartBars(rows(starts)), Compared("MSFT", 1)
    own = ChartBars(rows(starts[:-2], seed=1))
    compared.take_bars(own, Tail(Making(), rows([]), rows([]), 0))
    since = compared.unsure_from(chart)
    values = aligned(chart.start, own.start, own.close)
    chart.put(rows([100], seed=2))
    for start in (97, 98, 99, 100):
        compared.put(rows([start], seed=3 + start), chart)
    compared.draw(values, chart, since)
    assert compared.line is not None
    assert np.array_equal(compared.line.values, looked_up(chart.start.tolist(), as_dict(own.rows())), equal_nan=True)


def test_what_is_not_above_zero_has_no_percent() -> None:
    other = rows([0, 1])
    other["close"] = [-3.0, 5.0]
    chart = ChartBars(rows([0, 1]))
    line = Line(ChartBars(other), aligned(chart.start, other["start"], other["close"]))
    line.rebase(chart.merge(0, 2, 1))
    assert math.isnan(line.percent(5.0))
    line.rebase(chart.merge(1, 2, 1))
    assert line.percent(5.0) == 0
