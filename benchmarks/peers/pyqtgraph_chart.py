"""The candlestick item of pyqtgraph's own examples, as it is packed with pyqtgraph; it has no volume.

The example draws all of its bars into one picture beforehand and knows no other way: a tick draws all of them anew.
"""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from hands import QtChart, run

pg.mkQApp()

from pyqtgraph.examples import customGraphicsItem  # noqa: E402  it shows a plot at once, for which Qt must have begun

customGraphicsItem.plt.close()


class ExampleChart(QtChart):
    version = pg.__version__

    def open(self) -> None:
        self.plot = pg.PlotWidget()
        self._show(self.plot)

    def take(self, bars: np.ndarray) -> None:
        self.low, self.high = bars["low"].copy(), bars["high"].copy()
        columns = (bars[name].tolist() for name in ("open", "close", "low", "high"))
        self.rows = list(zip(map(float, range(len(bars))), *columns, strict=True))

    def first(self) -> float:
        def change() -> None:
            self.item = customGraphicsItem.CandlestickItem(self.rows)
            self.plot.addItem(self.item)
            self._turn_to(0, len(self.rows))

        return self._until_painted(change)

    def _turn_to(self, first: float, last: float) -> None:
        part = slice(max(0, int(first)), int(last) + 1)
        self.plot.setXRange(first - 0.5, last - 0.5, padding=0)
        self.plot.setYRange(float(self.low[part].min()), float(self.high[part].max()))

    def look(self, first: float, last: float) -> float:
        return self._until_painted(lambda: self._turn_to(first, last))

    def tick(self, close: float) -> float:
        def change() -> None:
            at, opened, _, low, high = self.rows[-1]
            self.rows[-1] = at, opened, close, min(low, close), max(high, close)
            self.item.generatePicture()
            self.item.update()

        return self._until_painted(change)


run(ExampleChart(pg.mkQApp()))
