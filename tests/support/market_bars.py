"""Bars of the market's real calendar, of any length and hours, some of them missing: what a time axis has to bear."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from time import tzset
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from monitor.analysis.bars import Alignment, aggregate
from monitor.analysis.chart_bars import Making
from monitor.market.bar import BAR_DTYPE, BarSeries, Interval
from monitor.market.calendar import around_the_clock, at_new_york, sessions, trading_days
from monitor.market.hours import Hours
from monitor.ports import Zone
from monitor.ui.chart import time_axis

#: Days about which an axis may go wrong, in every year: clocks change, days are short or none, years begin.
_TURNS = (
    (3, 8), (3, 13), (11, 1), (11, 6),  # clocks change in New York
    (3, 25), (3, 30), (10, 25), (10, 30), (4, 3), (4, 25),  # and elsewhere
    (11, 23), (11, 28), (12, 24), (7, 3), (1, 1), (12, 31), (4, 14), (6, 19), (2, 28),
)  # fmt: skip
#: Machines of these zones: clocks changed at other times, by half an hour, at midnight, or never; odd offsets.
MACHINES = (
    "America/New_York", "Europe/Berlin", "Africa/Cairo", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns",
    "Asia/Beirut", "Pacific/Chatham", "America/Los_Angeles",
)  # fmt: skip
INTERVALS = tuple(Interval(seconds) for seconds in (60, 180, 300, 420, 780, 900, 1800, 3600, 5400, 11_940, 14_400))
LONGER = (Interval.DAY, Interval.WEEK, Interval.MONTH)


@dataclass(frozen=True, repr=False)
class MarketBars:
    """Bars as a chart has them, how they were made, and the zone of the axis."""

    making: Making
    bars: BarSeries
    zone: Zone

    def __repr__(self) -> str:
        return f"{len(self.bars)} bars {self.making} in {self.zone} from {self.start[0]} to {self.start[-1]}"

    @property
    def start(self) -> np.ndarray:
        return self.bars["start"]


@contextmanager
def machine_in(name: str) -> Iterator[None]:
    """This machine's clock is in another zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    _begin_zone()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        _begin_zone()


def _begin_zone() -> None:
    tzset()
    time_axis._offset.cache_clear()
    time_axis._OFFSETS.clear()


@st.composite
def spans(draw: st.DrawFn, longest: int) -> tuple[date, date]:
    """Some days, mostly about a turn of the year's."""
    month, day = draw(st.sampled_from(_TURNS))
    begin = date(draw(st.integers(2007, 2027)), month, day) + timedelta(days=draw(st.integers(-4, 3)))
    return begin, begin + timedelta(days=draw(st.integers(1, longest)))


@st.composite
def market_bars(draw: st.DrawFn, intervals: tuple[Interval, ...] = INTERVALS + LONGER) -> MarketBars:
    """At least two bars."""
    interval = draw(st.sampled_from(intervals))
    making = Making(interval, draw(st.sampled_from(Alignment)), draw(st.sampled_from(Hours)))
    if interval.intraday:
        begin, end = draw(spans(6 if interval < Interval.M30 else 40))
        trading = around_the_clock if making.hours is Hours.ALWAYS else sessions
        days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
        parts = [np.arange(at.start, at.end, 60_000) for day in days for at in trading(day)]
        starts = np.concatenate([np.empty(0, np.int64), *parts])
    else:
        begin, end = draw(spans(2_500))
        starts = np.array([at_new_york(day, time(0)) for day in trading_days(begin, end)], np.int64)
    shorter = priced(without_some(draw, starts))
    bars = making.of(shorter) if interval.intraday else aggregate(shorter, interval)
    assume(len(bars) > 1)
    return MarketBars(making, bars, draw(st.sampled_from(Zone)))


@st.composite
def turning_bars(draw: st.DrawFn) -> tuple[MarketBars, str, int]:
    """Bars around the clock about a moment at which the clocks of the axis' zone change; a machine, and that moment."""
    machine = draw(st.sampled_from([name for name in MACHINES if name != "Asia/Kolkata"]))
    zone = draw(st.sampled_from((Zone.LOCAL, Zone.NEW_YORK)))
    changes = _changes("America/New_York" if zone is Zone.NEW_YORK else machine, draw(st.integers(2007, 2027)))
    assume(changes)
    change = draw(st.sampled_from(changes))
    making = Making(draw(st.sampled_from(INTERVALS)), draw(st.sampled_from(Alignment)))
    reach = 1_500 * making.interval.milliseconds
    minutes = np.arange(change - reach, change + reach, 60_000)
    bars = making.of(priced(without_some(draw, minutes)))
    assume(len(bars) > 1)
    return MarketBars(making, bars, zone), machine, change


@cache
def _changes(name: str, year: int) -> list[int]:
    """When clocks change there, ms UTC: found by looking every quarter of an hour of the days in which they do."""
    zone, begin = ZoneInfo(name), round(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    days = [begin + n * 86_400 for n in range(365)]

    def offset(seconds: int) -> object:
        return datetime.fromtimestamp(seconds, zone).utcoffset()

    turning = [day for day in days if offset(day) != offset(day + 86_400)]
    return [at * 1000 for day in turning for at in range(day, day + 86_400, 900) if offset(at) != offset(at - 1)]


def without_some(draw: st.DrawFn, starts: np.ndarray) -> np.ndarray:
    """Some of them missing here and there, and some stretches."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    here = random.random(len(starts)) >= draw(st.sampled_from((0.0, 0.0, 0.02, 0.5, 0.98)))
    for _ in range(draw(st.integers(0, 3))):
        begin, length = random.random(), random.random() * 0.3
        here[int(begin * len(starts)) : int((begin + length) * len(starts))] = False
    return starts[here]


def priced(starts: np.ndarray) -> BarSeries:
    """Bars at these times; prices do not matter."""
    bars = np.ones(len(starts), BAR_DTYPE)
    bars["start"] = starts
    bars["close"] = 1 + np.arange(len(starts)) % 7
    bars["high"] = bars["close"]
    return bars
