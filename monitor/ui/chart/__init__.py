"""The chart: candles with volume on a gapless time axis, painted on a plain canvas from numpy columns."""
