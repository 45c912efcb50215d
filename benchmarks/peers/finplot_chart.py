"""finplot's candles, with volume in the same plot."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import finplot
import numpy as np
import pandas as pd
from hands import SIZE, QtChart, run
from pyqtgraph import mkQApp


class FinplotChart(QtChart):
    version = finplot.__version__
    shown = 0.0, 0.0

    def open(self) -> None:
        finplot.display_timezone = None
        self.axis = finplot.create_plot("peer", init_zoom_periods=1e9, maximize=False)
        self._show(self.axis.vb.win)

    def take(self, bars: np.ndarray) -> None:
        names = ("open", "close", "high", "low", "volume")
        self.frame = pd.DataFrame({name: bars[name].astype(float) for name in names})
        self.frame.index = pd.DatetimeIndex(bars["start"].astype("datetime64[ms]").astype("datetime64[ns]"))

    def first(self) -> float:
        def change() -> None:
            self.candles = finplot.candlestick_ochl(self.frame[["open", "close", "high", "low"]], ax=self.axis)
            overlay = self.axis.overlay()
            self.volume = finplot.volume_ocv(self.frame[["open", "close", "volume"]], ax=overlay)
            finplot.show(qt_exec=False)
            self.window.resize(*SIZE)
            self._turn_to(0, len(self.frame))

        return self._until_painted(change)

    def _turn_to(self, first: float, last: float) -> None:
        self.axis.vb.update_y_zoom(first, last - 1)
        before, self.shown = self.shown, (first, last)
        # As its ``set_x_pos`` does each time: after a leap, unlike a pan, nothing else would have it draw anything.
        if last < before[0] or first > before[1] or last - first < (before[1] - before[0]) / 2:
            finplot._repaint_candles()

    def look(self, first: float, last: float) -> float:
        return self._until_painted(lambda: self._turn_to(first, last))

    def tick(self, close: float) -> float:
        def change() -> None:
            frame = self.frame
            frame.iat[-1, 1] = close
            frame.iat[-1, 2], frame.iat[-1, 3] = max(frame.iat[-1, 2], close), min(frame.iat[-1, 3], close)
            self.candles.update_data(frame[["open", "close", "high", "low"]])
            self.volume.update_data(frame[["open", "close", "volume"]])

        return self._until_painted(change)


run(FinplotChart(mkQApp()))
