"""Heikin-Ashi: bars whose open is the middle of the one before, so that trends stand out."""

from dataclasses import replace

import numpy as np

from monitor.ui.chart.series import Bins

#: An open is half of what came one bar before, a quarter of what came two before, and so on: after these none is left.
LEAD = 56


def heikin_ashi(bins: Bins) -> Bins:
    """The bins anew; those after the first ``LEAD`` are the same wherever the bins given begin."""
    if not len(bins):
        return bins
    close = (bins.open + bins.high + bins.low + bins.close) / 4
    opened = np.empty(len(bins))
    last = (float(bins.open[0]) + float(bins.close[0])) / 2
    for place, middle in enumerate(close.tolist()):
        opened[place] = last
        last = (last + middle) / 2
    high, low = np.maximum(bins.high, np.maximum(opened, close)), np.minimum(bins.low, np.minimum(opened, close))
    return replace(bins, open=opened, high=high, low=low, close=close)
