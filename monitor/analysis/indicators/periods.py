"""Days, weeks and months of New York that bars belong to, and the regular sessions in them."""

import numpy as np
import numpy.typing as npt

from monitor.analysis.bars import interval_starts
from monitor.market.bar import Interval
from monitor.market.calendar import Phase, Trading, from_ms

Times = npt.NDArray[np.int64]
_INTERVALS = {"day": Interval.DAY, "week": Interval.WEEK, "month": Interval.MONTH}


class Periods:
    """Which period a bar belongs to, and whether it counts; bars of days and longer always do."""

    def __init__(self, period: str, hours: str, interval: Interval, trading: Trading) -> None:
        self._period = _INTERVALS[period]
        self._regular = hours == "regular" and interval.intraday
        self._trading = trading

    def starts(self, times: Times) -> Times:
        """The start of the period of each of the ascending times, ms UTC."""
        return interval_starts(times, self._period)

    def counts(self, times: Times) -> npt.NDArray[np.bool_]:
        """Whether each of the ascending times lies in the hours that count."""
        if not self._regular:
            return np.ones(len(times), np.bool_)
        inside = np.zeros(len(times), np.bool_)
        if len(times) == 0:
            return inside
        days = interval_starts(times, Interval.DAY)
        for midnight in days[np.r_[True, days[1:] != days[:-1]]].tolist():
            for session in self._trading(from_ms(midnight).date()):
                if session.phase is Phase.REGULAR:
                    begin, end = np.searchsorted(times, (session.start, session.end))
                    inside[begin:end] = True
        return inside
