"""Every indicator of TA-Lib's equals TA-Lib's own function: in one go, and brought up to date in any order."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st
from talib import abstract

from monitor.analysis.indicators import CATALOGUE, IndicatorSeries, Kind, Settings, Source, compute
from monitor.analysis.indicators.description import Description, Value
from monitor.errors import BadData
from monitor.market.bar import BAR_DTYPE, BarSeries
from monitor.ui.chart.series import ChartBars
from tests.support.changing_bars import KINDS, ChangingBars, bars_of, joined
from tests.support.examples import examples

OURS = [d for d in CATALOGUE if not d.own]
each = pytest.mark.parametrize("description", OURS, ids=[d.name for d in OURS])


def truth(wanted: Settings, bars: BarSeries) -> list[npt.NDArray[np.float64]]:
    """What TA-Lib's own function gives; its whole numbers have zeros where there is no value yet."""
    values: dict[str, Any] = wanted.values
    for parameter in wanted.description.parameters:
        value = values[parameter.name]
        as_talib = {Kind.CHOICE: lambda name: getattr(talib.MA_Type, name), Kind.WHOLE: int, Kind.DECIMAL: float}
        values[parameter.name] = as_talib[parameter.kind](value)
    if len(bars) == 0:
        return [np.zeros(0) for _ in wanted.description.outputs]
    found = getattr(talib, wanted.name)(*(source.of(bars) for source in wanted.inputs), **values)
    lookback = abstract.Function(wanted.name, **values).lookback
    results = []
    for output in found if isinstance(found, tuple) else (found,):
        result = output.astype(np.float64)
        if output.dtype != np.float64:
            result[:lookback] = np.nan
        results.append(result)
    return results


def assert_true(series: IndicatorSeries, bars: BarSeries) -> None:
    expected = truth(series.settings, bars)
    assert len(series.outputs) == len(expected)
    for output, values, wanted in zip(series.settings.description.outputs, series.outputs, expected, strict=True):
        np.testing.assert_allclose(values, wanted, rtol=1e-9, atol=1e-12, err_msg=output.name)


def some_settings(description: Description) -> st.SearchStrategy[Settings]:
    """Its defaults, and lengths short enough for a few hundred bars."""
    parameters: dict[str, st.SearchStrategy[Value]] = {}
    for parameter in description.parameters:
        if parameter.kind is Kind.CHOICE:
            parameters[parameter.name] = st.sampled_from([option for option, _ in parameter.options])
        elif parameter.kind is Kind.WHOLE:
            parameters[parameter.name] = st.integers(int(parameter.least), min(30, int(parameter.most)))
        else:
            parameters[parameter.name] = st.floats(parameter.least, min(parameter.most, 5))
    sources = st.none() | st.sampled_from(Source) if description.source_chosen else st.none()
    drawn = st.builds(Settings, st.just(description.name), st.fixed_dictionaries(parameters), sources)
    return st.just(Settings(description.name)) | drawn


COUNTS = st.integers(0, 60) | st.integers(61, 900)
SEEDS = st.integers(0, 2**32 - 1)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), st.floats(-1, 1)),
        st.tuples(st.just("append"), st.sampled_from([1, 1, 1, 2, 70])),
        st.tuples(st.just("revise"), st.integers(1, 700)),
        st.tuples(st.just("insert"), st.integers(1, 100)),
        st.tuples(st.just("shorten"), st.integers(1, 80)),
    ),
    max_size=12,
)


def change(bars: ChangingBars, what: str, by: float) -> int:
    """Changes the bars; gives the index of the first that is another."""
    count = len(bars)
    if what == "append" or count == 0:
        bars.append(joined(bars.bars, int(abs(by)) + 1 if what != "append" else int(by), count))
        return count
    if what == "tick":
        bars.revise(count - 1, by)
        return count - 1
    first = max(0, count - int(by))
    if what == "revise":
        bars.revise(first, 0.25)
    elif what == "insert":
        bars.bars = np.insert(bars.bars, first, bars.bars[first])
        bars.bars["start"][first:] += 60_000
    else:
        bars.bars = bars.bars[:first]
    return first


@each
@examples(6)
@given(data=st.data())
def test_random_series(description: Description, data: st.DataObject) -> None:
    wanted = data.draw(some_settings(description))
    bars = ChangingBars(bars_of(data.draw(st.sampled_from(KINDS)), data.draw(COUNTS), data.draw(SEEDS)))
    series = IndicatorSeries(wanted, bars.bars)
    assert_true(series, bars.bars)
    for what, by in data.draw(CHANGES):
        before = [output.copy() for output in series.outputs]
        begin = series.update(bars, change(bars, what, by))
        assert_true(series, bars.bars)
        for old, new in zip(before, series.outputs, strict=True):
            np.testing.assert_array_equal(old[:begin], new[:begin], err_msg="changed before what update told")


@each
def test_real_bars(description: Description, shared: Path) -> None:
    for name in ("pricehistory_AAPL_1min_10day_ext_2024-05", "pricehistory_SPY_daily_2025-06"):
        candles = json.loads((shared / "schwab" / "samples" / "rest" / f"{name}.json").read_text())["candles"]
        rows = [
            tuple(candle[key] for key in ("datetime", "open", "high", "low", "close", "volume")) for candle in candles
        ]
        bars = np.array(rows, BAR_DTYPE)
        chart = ChartBars(bars[:-60].copy())
        series = IndicatorSeries(Settings(description.name), chart.rows())
        for row in np.split(bars[len(chart) :], range(1, len(bars) - len(chart))):
            half = row.copy()
            half["volume"] //= 2
            half["close"] = half["high"] = half["low"]
            for put in (half, row):
                chart.put(put)
                series.update(chart, chart.place(int(put["start"][0])))
        assert_true(series, bars)


@each
def test_bounds_of_parameters_are_within_talibs(description: Description) -> None:
    bars = bars_of("walk", 200, 1)
    for parameter in description.parameters:
        values: list[Value] = [option for option, _ in parameter.options] or [parameter.least, parameter.most]
        for value in values:
            compute(bars, Settings(description.name, {parameter.name: value}))


@each
def test_description_tells_what_talib_has(description: Description) -> None:
    info = abstract.Function(description.name).info
    unused = {"VAR": 1}.get(description.name, 0)  # TA-Lib's variance takes deviations and leaves them out
    assert [p.name for p in description.parameters] == list(info["parameters"])[: len(info["parameters"]) - unused]
    assert [o.name for o in description.outputs] == list(info["output_names"])
    inputs = sum(len(name) if isinstance(name, list) else 1 for name in info["input_names"].values())
    assert len(description.inputs) == inputs


@each
def test_a_tick_costs_the_same_however_many_bars(description: Description) -> None:
    bars = ChangingBars(bars_of("walk", 20_000, 1))
    series = IndicatorSeries(Settings(description.name), bars.bars)
    for depth, most in ((1, 1), (2, 130), (400, 600)):
        bars.asked = 0
        bars.revise(len(bars) - depth, 0.1)
        assert len(bars) - depth >= series.cheap_from
        series.update(bars, len(bars) - depth)
        assert 0 < bars.asked <= most
    assert_true(series, bars.bars)


def test_many_bars_at_once_are_computed_anew() -> None:
    bars = ChangingBars(bars_of("walk", 1_000, 1))
    series = IndicatorSeries(Settings("RSI"), bars.bars)
    bars.append(joined(bars.bars, 20_000, 2))
    assert series.update(bars, 1_000) == 0
    assert_true(series, bars.bars)
    assert series.cheap_from > 20_000


def test_outputs_keep_their_length_when_bars_are_appended() -> None:
    bars = ChangingBars(bars_of("walk", 100, 1))
    series = IndicatorSeries(Settings("SMA"), bars.bars)
    (before,) = series.outputs
    bars.append(joined(bars.bars, 1, 1))
    series.update(bars, 100)
    assert (len(before), len(series.outputs[0]), len(series)) == (100, 101, 101)


def test_talib_is_not_asked_before_there_are_enough_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may call a parameter bad then, when two addresses happen to be equal."""
    asked: list[int] = []
    opened = talib.stream.RSI.open_and_fill

    class Counting:
        @staticmethod
        def open_and_fill(real: npt.NDArray[np.float64], length: int) -> object:
            asked.append(len(real))
            return opened(real, length)

    monkeypatch.setattr(talib.stream, "RSI", Counting)
    bars = bars_of("walk", 17, 1)
    series = IndicatorSeries(Settings("RSI"), bars[:0])
    for count in range(1, len(bars) + 1):
        series.update(ChangingBars(bars[:count]), count - 1)
        assert_true(series, bars[:count])
    assert asked == [15, 15]  # the first value, and the handle that goes on


def test_what_talib_refuses_is_said() -> None:
    wanted = Settings("SMA", {"timeperiod": 3})
    wanted.parameters["timeperiod"] = 200_000  # past what Settings checks
    with pytest.raises(BadData, match="Simple moving average cannot be computed"):
        compute(bars_of("walk", 10, 1), wanted)


def test_talib_is_loaded_with_the_first_indicator() -> None:
    code = (
        "import sys, numpy\n"
        "from monitor.analysis.indicators import Settings, compute, search\n"
        "from monitor.market.bar import BAR_DTYPE\n"
        "bars = numpy.zeros(3, BAR_DTYPE)\n"
        "search('rsi'), compute(bars, Settings('VWAP_ANCHORED'))\n"
        "assert 'talib' not in sys.modules\n"
        "compute(bars, Settings('RSI'))\n"
        "assert 'talib' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[4])
