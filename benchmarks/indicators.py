"""Ten indicators over a million bars, beside calling TA-Lib's own functions anew at each tick, in one run.

Run: ``python -m benchmarks.indicators``. Told are the first computation of all ten, a tick (the last bar changes),
a bar that is appended, one revised 400 bars back, and a tick with what a frame reads that shows all bars, in
milliseconds for all ten together; then the session's VWAP, the prior day's levels and the volume profile of all bars.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import talib

from benchmarks.charts import random_bars
from benchmarks.peers.hands import percentile, timed
from benchmarks.report import report
from monitor.analysis.indicators import IndicatorSeries, Settings, VolumeProfile
from monitor.market.bar import BarSeries
from monitor.ui.chart.series import ChartBars, bin_size

BARS = 1_000_000
TICKS, PEER_TICKS = 2_000, 3
TEN = ("SMA", "EMA", "BBANDS", "RSI", "MACD", "STOCH", "ATR", "ADX", "OBV", "MFI")
OURS = ("VWAP", "PRIOR_LEVELS")


def change(bars: ChartBars, back: int) -> tuple[BarSeries, int]:
    """The bar ``back`` from the end with another close, put into the chart; its index too."""
    index = len(bars) - back
    row = bars.rows(index, index + 1)
    row["close"] += 0.01 if row["close"] < row["high"] else -0.01
    bars.put(row)
    return row, index


def append(bars: ChartBars) -> int:
    row = bars.rows(len(bars) - 1)
    row["start"] += 60_000
    bars.put(row)
    return len(bars) - 1


def follow(series: Sequence[IndicatorSeries], bars: ChartBars, first: int) -> None:
    for one in series:
        one.update(bars, first)


def ticks(series: Sequence[IndicatorSeries], bars: ChartBars, change_one: Callable[[], int], count: int) -> list[float]:
    times = []
    for _ in range(count):
        first = change_one()
        times.append(timed(lambda first=first: follow(series, bars, first)))  # type: ignore[misc]
    return times


def merge(series: Sequence[IndicatorSeries], bars: ChartBars, size: int) -> None:
    """What is painted of all bars: every output of every indicator, in bins of a pixel."""
    for one in series:
        for output in range(len(one.outputs)):
            one.merge(output, 0, len(bars), size)


def frame(series: Sequence[IndicatorSeries], bars: ChartBars, size: int) -> None:
    """What a tick costs a frame that shows all bars, without the paint."""
    follow(series, bars, change(bars, 1)[1])
    merge(series, bars, size)


def peer(bars: BarSeries) -> list[float]:
    """All ten of TA-Lib's functions over all bars; the columns are there already, as arrays of their own."""
    calls: list[Callable[[], Any]] = []
    for name in TEN:
        wanted = Settings(name)
        columns = [source.of(bars) for source in wanted.inputs]
        values = [getattr(talib.MA_Type, v) if isinstance(v, str) else v for v in wanted.values.values()]
        calls.append(lambda name=name, columns=columns, values=values: getattr(talib, name)(*columns, *values))  # type: ignore[misc]
    return [timed(lambda: [call() for call in calls]) for _ in range(PEER_TICKS)]


def check(series: Sequence[IndicatorSeries], bars: BarSeries) -> None:
    """What was kept up to date is what TA-Lib gives for all bars."""
    for one in series:
        values = [getattr(talib.MA_Type, v) if isinstance(v, str) else v for v in one.settings.values.values()]
        found = getattr(talib, one.settings.name)(*(source.of(bars) for source in one.settings.inputs), *values)
        for ours, theirs in zip(one.outputs, found if isinstance(found, tuple) else (found,), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def main() -> None:
    rows = random_bars(BARS)
    IndicatorSeries(Settings("SMA"), rows[:100])  # loads TA-Lib
    began = time.perf_counter()
    ten = [IndicatorSeries(Settings(name), rows) for name in TEN]
    first = (time.perf_counter() - began) * 1000
    ours_first = {name: timed(lambda name=name: IndicatorSeries(Settings(name), rows)) for name in OURS}  # type: ignore[misc]
    ours = [IndicatorSeries(Settings(name), rows) for name in OURS]
    bars = ChartBars(rows)
    tick = ticks(ten, bars, lambda: change(bars, 1)[1], TICKS)
    ours_tick = ticks(ours, bars, lambda: change(bars, 1)[1], TICKS)
    append(bars)
    follow([*ten, *ours], bars, len(bars) - 1)  # the arrays grow once
    appended = ticks(ten, bars, lambda: append(bars), TICKS)
    revised = ticks(ten, bars, lambda: change(bars, 400)[1], 200)
    check(ten, bars.rows())
    theirs = peer(bars.rows())
    size = bin_size(len(bars) / 1_000)
    merged_first = timed(lambda: merge(ten, bars, size))
    frames = [timed(lambda: frame(ten, bars, size)) for _ in range(200)]
    profile = VolumeProfile(Settings("VOLUME_PROFILE"))
    profile_first = timed(lambda: profile.of(bars, 0, len(bars)))
    panned = [timed(lambda n=n: profile.of(bars, n * 1000, len(bars) - n)) for n in range(50)]  # type: ignore[misc]
    report(
        "indicators",
        {
            "first_ms": round(first, 1),
            "tick_p50_ms": percentile(tick, 50),
            "tick_p95_ms": percentile(tick, 95),
            "tick_p99_ms": percentile(tick, 99),
            "append_p95_ms": percentile(appended, 95),
            "revised_400_back_p95_ms": percentile(revised, 95),
            "frame_of_all_bars_first_ms": round(merged_first, 1),
            "frame_of_all_bars_p50_ms": percentile(frames, 50),
            "frame_of_all_bars_p95_ms": percentile(frames, 95),
            "talib_each_tick_ms": round(min(theirs), 1),
            "ratio": round(min(theirs) / float(np.percentile(tick, 50))),
            "first_ratio": round(min(theirs) / first, 2),
            "vwap_first_ms": round(ours_first["VWAP"], 1),
            "prior_levels_first_ms": round(ours_first["PRIOR_LEVELS"], 1),
            "vwap_and_prior_levels_tick_p95_ms": percentile(ours_tick, 95),
            "profile_first_ms": round(profile_first, 1),
            "profile_again_p95_ms": percentile(panned, 95),
        },
    )


if __name__ == "__main__":
    main()
