"""vnpy's chart: candles, and volume in a plot below."""

import os
from datetime import UTC, datetime
from importlib.metadata import version

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from hands import QtChart, run
from vnpy.chart import CandleItem, ChartWidget, VolumeItem
from vnpy.trader.constant import Exchange, Interval
from vnpy.trader.object import BarData
from vnpy.trader.ui import QtWidgets


def bar_data(row: tuple[float, ...]) -> BarData:
    """One bar as vnpy has it."""
    start, opened, high, low, close, volume = row
    return BarData(
        gateway_name="peer",
        symbol="AAPL",
        exchange=Exchange.NASDAQ,
        datetime=datetime.fromtimestamp(start / 1000, UTC),
        interval=Interval.MINUTE,
        volume=volume,
        open_price=opened,
        high_price=high,
        low_price=low,
        close_price=close,
    )


class VnpyChart(QtChart):
    version = version("vnpy")

    def open(self) -> None:
        self.chart = ChartWidget()
        self.chart.add_plot("candle", hide_x_axis=True)
        self.chart.add_plot("volume", maximum_height=200)
        self.chart.add_item(CandleItem, "candle", "candle")
        self.chart.add_item(VolumeItem, "volume", "volume")
        self._show(self.chart)

    def take(self, bars: np.ndarray) -> None:
        self.bars = [bar_data(row) for row in bars[["start", "open", "high", "low", "close", "volume"]].tolist()]

    def first(self) -> float:
        def change() -> None:
            self.chart.update_history(self.bars)
            self._turn_to(0, len(self.bars))

        return self._until_painted(change)

    def _turn_to(self, first: float, last: float) -> None:
        self.chart._right_ix, self.chart._bar_count = last, last - first
        self.chart._update_x_range()

    def look(self, first: float, last: float) -> float:
        return self._until_painted(lambda: self._turn_to(first, last))

    def tick(self, close: float) -> float:
        def change() -> None:
            bar = self.bars[-1]
            bar.close_price = close
            bar.high_price, bar.low_price = max(bar.high_price, close), min(bar.low_price, close)
            self.chart.update_bar(bar)

        return self._until_painted(change)


run(VnpyChart(QtWidgets.QApplication([])))
