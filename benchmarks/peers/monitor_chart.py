"""Market Monitor's own chart: candles and volume."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from hands import QtChart, run
from PySide6.QtWidgets import QApplication

from monitor import __version__
from monitor.market.bar import Interval
from monitor.ui.chart.series import ChartBars
from monitor.ui.chart.view import ChartView
from monitor.ui.theme import Theme


class MonitorChart(QtChart):
    version = __version__

    def open(self) -> None:
        self.view = ChartView(Theme(), lambda: 0)
        self._show(self.view)

    def take(self, bars: np.ndarray) -> None:
        self.bars, self.last = ChartBars(bars).ready(), bars[-1:].copy()

    def first(self) -> float:
        def change() -> None:
            self.view.show_bars("AAPL", Interval.M1, self.bars)
            self._turn_to(0, len(self.bars))

        return self._until_painted(change)

    def _turn_to(self, first: float, last: float) -> None:
        viewport = self.view.scene.viewport
        viewport.bar_px, viewport.right = viewport.width / (last - first), last
        self.view.refresh()

    def look(self, first: float, last: float) -> float:
        return self._until_painted(lambda: self._turn_to(first, last))

    def tick(self, close: float) -> float:
        row = self.last
        row["close"] = close
        row["high"], row["low"] = max(row["high"][0], close), min(row["low"][0], close)
        return self._until_painted(lambda: self.view.put_bars(row))


run(MonitorChart(QApplication([])))
