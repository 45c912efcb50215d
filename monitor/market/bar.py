"""Bars: open, high, low, close and volume of an interval, one by one and as numpy series."""

import re
from collections.abc import Iterable
from enum import IntEnum, StrEnum
from typing import cast

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from monitor.errors import BadData
from monitor.market.quote import Number


class Interval(IntEnum):
    """The lengths of bars; the value is the nominal length in seconds.

    Its members are those that are kept on disk. Every other whole number of minutes below a day is an interval too, one
    and the same each time it is asked for (``Interval(180)``), whose bars are made of minutes.
    """

    M1 = 60
    M5 = 300
    M10 = 600
    M15 = 900
    M30 = 1800
    H1 = 3600
    H4 = 14_400
    DAY = 86_400
    WEEK = 604_800
    MONTH = 2_592_000

    @classmethod
    def _missing_(cls, value: object) -> "Interval | None":
        if not isinstance(value, int) or value % 60 or not 0 < value < 86_400:
            return None
        found = int.__new__(cls, value)
        found._name_, found._value_ = f"M{value // 60}", value
        return cast(Interval, cls._value2member_map_.setdefault(value, found))

    @property
    def kept(self) -> bool:
        """Whether its bars are on disk; all others are made of minutes when they are read."""
        return self in _LABELS

    @property
    def label(self) -> str:
        """As people write it: 1m, 5m, 10m, 15m, 30m, 1h, 4h, D, W, M; and 3m, 2h, 90m."""
        hours, rest = divmod(int(self), 3600)
        return _LABELS.get(self) or (f"{hours}h" if not rest else f"{int(self) // 60}m")

    @property
    def milliseconds(self) -> int:
        return int(self) * 1000

    @property
    def intraday(self) -> bool:
        return self < Interval.DAY

    @classmethod
    def parse(cls, text: str) -> "Interval":
        """The interval a label names; ``1d`` is ``D``, and any number of minutes or hours will do. Raises BadData."""
        for interval, label in _LABELS.items():
            if text.strip() in {label, _ALIASES.get(interval, label)}:
                return interval
        told = _TYPED.fullmatch(text.strip())
        seconds = int(told[1]) * (60 if told[2] == "m" else 3600) if told else 0
        if not 0 < seconds < Interval.DAY:
            raise BadData(
                f"“{text}” is not an interval. Use one of {', '.join(_LABELS.values())}, or another number of minutes"
                " or hours, such as 3m or 2h."
            )
        return Interval(seconds)


_LABELS = {
    Interval.M1: "1m",
    Interval.M5: "5m",
    Interval.M10: "10m",
    Interval.M15: "15m",
    Interval.M30: "30m",
    Interval.H1: "1h",
    Interval.H4: "4h",
    Interval.DAY: "D",
    Interval.WEEK: "W",
    Interval.MONTH: "M",
}
_TYPED = re.compile(r"([1-9]\d{0,3})([mh])")
_ALIASES = {Interval.DAY: "1d", Interval.WEEK: "1w", Interval.MONTH: "1mo"}


class BarSource(StrEnum):
    """Where a bar came from: the streamer's minute bars, price history, our own arithmetic, or a file."""

    STREAM = "stream"
    REST = "rest"
    COMPUTED = "computed"
    IMPORT = "import"


class Bar(Struct, frozen=True, gc=False):
    """One bar. ``start`` is the first millisecond of its interval, UTC (daily bars: midnight New York)."""

    symbol: str
    interval: Interval
    start: int
    open: Number
    high: Number
    low: Number
    close: Number
    volume: Number
    source: BarSource = BarSource.REST


#: A series of bars, ascending by ``start`` (ms UTC), one row a bar.
BAR_DTYPE = np.dtype(
    [("start", "i8"), ("open", "f8"), ("high", "f8"), ("low", "f8"), ("close", "f8"), ("volume", "f8")]
)
BarSeries = npt.NDArray[np.void]


def series(bars: Iterable[Bar]) -> BarSeries:
    """The bars as one array of BAR_DTYPE, in the order given."""
    rows = [(b.start, b.open, b.high, b.low, b.close, b.volume) for b in bars]
    return np.array(rows, dtype=BAR_DTYPE)
