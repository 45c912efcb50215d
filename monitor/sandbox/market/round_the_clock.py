"""Markets that trade nearly around the clock: their sessions, and the day's figures of anything that wanders there."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import NamedTuple

import numpy as np

from monitor.market.calendar import at_new_york, from_ms
from monitor.sandbox.market.chance import Floats
from monitor.sandbox.market.sessions import MINUTE_MS

_OPENS, _CLOSES = time(18), time(17)
_FRIDAY, _SATURDAY, _SUNDAY = 4, 5, 6
_HOUR_MS = 3_600_000

#: Prices at moments given in whole seconds.
Path = Callable[["np.ndarray[tuple[int], np.dtype[np.int64]]"], Floats]


class DayFigures(NamedTuple):
    """A session so far."""

    open: float
    high: float
    low: float
    close: float  # of the session before


def session_start(ms: int) -> int:
    """18:00 New York at which the session of a moment began."""
    moment = from_ms(ms)
    day = moment.date() if moment.time() >= _OPENS else moment.date() - timedelta(days=1)
    return at_new_york(day, _OPENS)


def last_traded(ms: int) -> int:
    """``ms`` while there is trading: from Sunday 18:00 to Friday 17:00 New York, but for an hour a day; else the last
    moment in which there was."""
    moment = from_ms(ms)
    day, clock = moment.date(), moment.time()
    weekday = day.weekday()
    if weekday == _SATURDAY or (weekday == _SUNDAY and clock < _OPENS) or (weekday == _FRIDAY and clock >= _CLOSES):
        back = (weekday - _FRIDAY) % 7
        return at_new_york(day - timedelta(days=back), _CLOSES) - 1
    if _CLOSES <= clock < _OPENS:
        return at_new_york(day, _CLOSES) - 1
    return ms


class Tape:
    """The candles and the day's figures of one price path."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._session = 0
        self._reached = 0
        self._figures = DayFigures(0.0, 0.0, 0.0, 0.0)

    def minute(self, start_ms: int) -> tuple[float, float, float, float]:
        """Open, high, low and close of the minute that begins at ``start_ms``."""
        prices = self._prices(start_ms, start_ms + MINUTE_MS)
        return float(prices[0]), float(prices.max()), float(prices.min()), float(prices[-1])

    def bars(self, start_ms: int, end_ms: int, step_ms: int) -> list[tuple[int, float, float, float, float]]:
        """Start, open, high, low and close of every ``step_ms`` from ``start_ms`` on, as far as before ``end_ms``."""
        if end_ms < start_ms + step_ms:
            return []
        count = (end_ms - start_ms) // step_ms
        rows = self._prices(start_ms, start_ms + count * step_ms).reshape(count, step_ms // 1000)
        starts = range(start_ms, start_ms + count * step_ms, step_ms)
        columns = (rows[:, 0], rows.max(axis=1), rows.min(axis=1), rows[:, -1])
        return list(zip(starts, *(column.tolist() for column in columns), strict=True))

    def day(self, at_ms: int) -> DayFigures:
        """The session so far."""
        start = session_start(at_ms)
        if start != self._session or at_ms < self._reached:
            opened, before = (
                self._prices(start, start + 1000)[0],
                self._prices(start - _HOUR_MS, start - _HOUR_MS + 1)[0],
            )
            self._session, self._reached = start, start
            self._figures = DayFigures(float(opened), float(opened), float(opened), float(before))
        if at_ms >= self._reached + 1000:
            prices = self._prices(self._reached, at_ms + 1)
            high, low = max(self._figures.high, float(prices.max())), min(self._figures.low, float(prices.min()))
            self._figures = self._figures._replace(high=high, low=low)
            self._reached = at_ms // 1000 * 1000
        return self._figures

    def _prices(self, start_ms: int, end_ms: int) -> Floats:
        return self._path(np.arange(start_ms // 1000, max(-(-end_ms // 1000), start_ms // 1000 + 1)))


def traded(daily: float, start_ms: int, at_ms: int) -> int:
    """What of a day's volume was traded since the session's start; it never falls."""
    seconds = max(at_ms - start_ms, 0) / 1000
    return int(daily / 82_800 * (seconds + 60 * np.sin(seconds / 100)))
