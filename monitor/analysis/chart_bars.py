"""Which bars a chart shows: their length, what they count from, and in which hours they lie."""

from dataclasses import dataclass

from monitor.analysis.bars import Alignment, aggregate, interval_start
from monitor.market.bar import BarSeries, Interval
from monitor.market.hours import Hours

_HALF_HOUR_MS = 1_800_000


@dataclass(frozen=True, slots=True)
class Making:
    """How bars are made; days and longer ones are always those of the archive."""

    interval: Interval = Interval.M1
    alignment: Alignment = Alignment.SESSION
    hours: Hours = Hours.ALWAYS

    @property
    def from_minutes(self) -> bool:
        """Whether they differ from those that the archive gives, so that they are made of minutes."""
        if not self.interval.intraday:
            return False
        # Both ways to count begin at the half hour, so that what divides it lies the same.
        clock = self.alignment is Alignment.CLOCK and _HALF_HOUR_MS % self.interval.milliseconds != 0
        return clock or self.hours is not Hours.ALWAYS

    def start_of(self, ms: int) -> int:
        """The start of the bar that holds ``ms``."""
        return interval_start(ms, self.interval, self.alignment)

    def of(self, minutes: BarSeries) -> BarSeries:
        """The bars that these minutes make; the last one may be unfinished."""
        if self.hours is not Hours.ALWAYS and self.interval.intraday and len(minutes):
            minutes = minutes[self.hours.hold(minutes["start"])]
        return aggregate(minutes, self.interval, self.alignment)
