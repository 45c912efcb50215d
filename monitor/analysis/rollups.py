"""Which longer bars are kept beside minutes and days, and what each of them is made of."""

from datetime import date, time
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from monitor.analysis.bars import interval_end, interval_starts
from monitor.market.bar import Interval
from monitor.market.calendar import Phase, Trading, at_new_york, from_ms

#: Rows of the start of a longer bar and the stretch [from, to) in which its parts begin, ms UTC, ascending.
Buckets = npt.NDArray[np.int64]

#: What each of them is made of. Within the day every bar is whole bars of the shorter one that stands beside it.
MADE_OF = {
    Interval.M5: Interval.M1,
    Interval.M10: Interval.M5,
    Interval.M15: Interval.M5,
    Interval.M30: Interval.M15,
    Interval.H1: Interval.M30,
    Interval.H4: Interval.H1,
    Interval.DAY: Interval.M30,
    Interval.WEEK: Interval.DAY,
    Interval.MONTH: Interval.DAY,
}
_HOUR_MS = 3_600_000
_NONE: Buckets = np.empty((0, 3), np.int64)


def base_of(interval: Interval) -> Interval:
    """What bars of ``interval`` come from in the end: minutes, or days for weeks and months."""
    return Interval.DAY if interval > Interval.DAY else Interval.M1


def buckets(starts: npt.NDArray[np.int64], interval: Interval, trading: Trading) -> Buckets:
    """The bars of ``interval`` that minutes, or days, with these ascending ``starts`` belong to."""
    if len(starts) == 1:
        return _of_one(int(starts[0]), interval, trading)
    return _of_many(starts, interval, trading)


@lru_cache(maxsize=256)
def _of_one(start: int, interval: Interval, trading: Trading) -> Buckets:
    """The minute that streams in is the same for all symbols."""
    return _of_many(np.array([start], np.int64), interval, trading)


def _of_many(starts: npt.NDArray[np.int64], interval: Interval, trading: Trading) -> Buckets:
    if interval is Interval.DAY:
        return _of_days(starts, trading)
    begins = _distinct(interval_starts(starts, interval))
    step = interval.milliseconds
    if _HOUR_MS % step == 0:  # no change of the clocks cuts it short
        ends = begins + step
    else:
        ends = np.array([interval_end(start, interval) for start in begins.tolist()], np.int64)
    return np.column_stack([begins, begins, ends])


def parts_within(start: int, interval: Interval, trading: Trading) -> tuple[int, int]:
    """The stretch [from, to) in which the minutes, or days, of the bar of ``interval`` at ``start`` begin."""
    if interval is Interval.DAY:
        return _hours(from_ms(start).date(), trading)
    return start, interval_end(start, interval)


def _of_days(starts: npt.NDArray[np.int64], trading: Trading) -> Buckets:
    """The days that have one of ``starts`` in the hours that count."""
    rows = []
    for midnight in _distinct(interval_starts(starts, Interval.DAY)).tolist():
        begin, end = _hours(from_ms(midnight).date(), trading)
        first, last = np.searchsorted(starts, (begin, end))
        if first < last:
            rows.append((midnight, begin, end))
    return np.array(rows, np.int64) if rows else _NONE


@lru_cache(maxsize=8192)
def _hours(day: date, trading: Trading) -> tuple[int, int]:
    """The stretch of ``day`` that its bar is made of: the regular session, as in Schwab's daily bars; empty without."""
    for session in trading(day):
        if session.phase is Phase.REGULAR:
            return session.start, session.end
    midnight = at_new_york(day, time(0))
    return midnight, midnight


def _distinct(ascending: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.concatenate([ascending[:1], ascending[1:][ascending[1:] != ascending[:-1]]])
