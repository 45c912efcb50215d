"""Longer bars worked out anew from all there is, to hold what is kept on disk against."""

import numpy as np

from monitor.analysis.bars import aggregate
from monitor.analysis.rollups import buckets
from monitor.market.bar import BarSeries, Interval
from monitor.market.calendar import Trading


def rolled_up(parts: BarSeries, interval: Interval, trading: Trading) -> BarSeries:
    """Bars of ``interval`` from all minutes there are, or for weeks and months from all days."""
    if interval is Interval.DAY and len(parts):
        starts = parts["start"]
        inside = np.zeros(len(starts), np.bool_)
        for _, begin, end in buckets(starts, Interval.DAY, trading).tolist():
            inside |= (starts >= begin) & (starts < end)
        parts = parts[inside]
    return aggregate(parts, interval)
